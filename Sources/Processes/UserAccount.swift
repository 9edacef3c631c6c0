public import Faults
internal import Glibc

/// A user of this machine, with the groups that the user database gives.
public struct UserAccount: Sendable, Equatable {
    /// The user's number.
    public let user: UInt32
    /// The primary group's number.
    public let group: UInt32
    /// Further groups, such as those that open an accelerator's device.
    public let supplementary: [UInt32]
    /// The name, or the number where the database has none.
    public let name: String

    /// The identity for a child process.
    public var identity: ProcessIdentity {
        .user(user, group: group, supplementary: supplementary)
    }

    /// Makes an account from numbers, without the user database.
    public init(user: UInt32, group: UInt32, supplementary: [UInt32] = [], name: String? = nil) {
        self.user = user
        self.group = group
        self.supplementary = supplementary
        self.name = name ?? "\(user)"
    }

    /// Looks an account up by name or number.
    ///
    /// - Parameter text: a name, or a number, which needs no entry in the database.
    /// - Throws: a `Fault` of code `not-found` where there is no such user.
    public init(named text: String) throws(Fault) {
        var entry = unsafe passwd()
        var result: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 65536)
        let number = UInt32(text)
        if let number {
            unsafe getpwuid_r(number, &entry, &buffer, buffer.count, &result)
        } else {
            unsafe getpwnam_r(text, &entry, &buffer, buffer.count, &result)
        }
        guard unsafe result != nil else {
            guard let number else {
                throw Fault(
                    .notFound, "This machine has no user “\(text)”.",
                    advice: "Make one (useradd --system), or configure another.")
            }
            self.init(user: number, group: number)
            return
        }
        let (uid, gid) = unsafe (entry.pw_uid, entry.pw_gid)
        let name = unsafe String(cString: entry.pw_name)
        var groups = [gid_t](repeating: 0, count: 256)
        var count = Int32(groups.count)
        guard unsafe getgrouplist(name, gid, &groups, &count) >= 0 else {
            throw Fault(.configuration, "The user “\(name)” is in more than 256 groups.")
        }
        self.init(
            user: uid, group: gid, supplementary: groups[..<Int(count)].filter { $0 != gid },
            name: name)
    }
}
