public import DurableFiles
public import Faults
internal import Glibc
internal import Sealing

/// The directory of the machine's identity: pairs by number, the link `current`, and `pending`.
///
///     current -> 2              what is shown to servers; changes by one rename
///     2/ key.pem certificate.pem request.pem
///     1/ …                      the pair before, kept
///     pending/ key.pem request.pem [certificate.pem]
///
/// A directory with a number holds a pair that was taken over: it worked, or a person vouched for
/// it. So one that is newer than what the link names is a swap that a crash cut short.
@safe
public struct IdentityDirectory: ~Copyable, Sendable {
    /// The directory's path.
    public let path: String
    let root: Directory

    static let current = "current"
    static let pending = "pending"
    static let lock = "lock"

    /// Opens the directory where it exists, without becoming its owner.
    ///
    /// - Parameter path: its path.
    /// - Returns: the directory; `nil` where there is none.
    /// - Throws: a `Fault`, of code `permission` where others could change it.
    public static func look(_ path: String) throws(Fault) -> IdentityDirectory? {
        let root: Directory
        do throws(Fault) { root = try Directory.open(path: path) } catch
            where error.code == .notFound
        {
            return nil
        }
        let mode = try root.info().mode
        guard mode & 0o022 == 0 else {
            throw Fault(
                .permission,
                "The identity's directory \(path) has mode \(String(mode, radix: 8)); others could "
                    + "change what this machine shows for itself.", advice: "Run: chmod 700 \(path)"
            )
        }
        return IdentityDirectory(path: path, root: root)
    }

    /// Opens the directory for changes; as root, the process becomes its owner for all that follows.
    ///
    /// - Parameter path: its path.
    /// - Returns: the directory.
    /// - Throws: a `Fault` of code `not-found` where there is none.
    public static func open(_ path: String) throws(Fault) -> IdentityDirectory {
        guard let directory = try look(path) else {
            throw Fault(
                .notFound, "This machine has no identity: there is no directory \(path).",
                advice: "Have a key and a request made: nacelle identity request.")
        }
        try directory.becomeOwner()
        return directory
    }

    /// Opens the directory for changes, making it where it is missing.
    ///
    /// - Parameters:
    ///   - path: its path; its parent must exist.
    ///   - owner: who is to own one that is made now; `nil` for whoever runs the command.
    /// - Returns: the directory, which only its owner may enter.
    /// - Throws: a `Fault`, of code `store-damaged` where it holds something else.
    public static func openOrMake(
        _ path: String, owner: (user: UInt32, group: UInt32)?
    ) throws(Fault) -> IdentityDirectory {
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw systemFault("cannot make the identity's directory \(path)")
        }
        let root = try Directory.open(path: path)
        let names = try root.names(limit: 4096)
        if names.isEmpty {
            // Also one that a crash or an administrator left empty.
            try root.chmod(0o700)
            if let owner, geteuid() == 0 {
                try root.chown(owner: owner.user, group: owner.group)
            }
        } else if let foreign = names.first(where: { !isOwn($0) }) {
            throw Fault(
                .storeDamaged, "\(path) holds “\(foreign)”, which belongs to no identity.",
                advice: "Choose an empty directory for “identity: directory”.")
        }
        return try open(path)
    }

    private init(path: String, root: consuming Directory) {
        self.path = path
        self.root = root
    }

    private static func isOwn(_ name: String) -> Bool {
        [current, pending, lock].contains(name) || name.hasPrefix(".")
            || IdentityFiles.number(name) != nil
    }

    private func becomeOwner() throws(Fault) {
        let info = try root.info()
        guard geteuid() == 0, info.owner != 0 else { return }
        try Identity.become(user: info.owner, group: info.group)
    }

    /// Keeps other commands from changing the identity, until the lock goes.
    ///
    /// - Parameter command: the command, for people.
    /// - Returns: the lock.
    /// - Throws: a `Fault` of code `busy` where another command holds it.
    public func takeLock(_ command: String) throws(Fault) -> FileLock {
        try FileLock.take(IdentityDirectory.lock, in: root, holder: command)
    }
}
