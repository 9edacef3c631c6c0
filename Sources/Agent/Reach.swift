internal import Confinement
public import Faults
internal import Glibc
internal import Processes
internal import Slots
public import Transport

/// What a command needs of the machine to get bytes; all else it gives up before the first of them.
public struct Reach: Sendable {
    /// Whether it comes over a network.
    public var network: Bool
    /// Files and folders that are read.
    public var files: [String]
    /// Whether a key in a PKCS#11 token is used, whose module reads nobody knows what.
    public var usesToken: Bool

    /// Nothing but the store.
    public static let store = Reach(network: false, files: [], usesToken: false)

    /// A folder on this machine.
    public static func folder(_ path: String) -> Reach {
        Reach(network: false, files: [path], usesToken: false)
    }

    /// Servers.
    public static func network(_ settings: TransferSettings) -> Reach {
        var files: [String] = []
        if let pin = settings.pinnedPublicKey, pin.hasPrefix("/") { files.append(pin) }
        for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            if let value = unsafe getenv(name) { files.append(unsafe String(cString: value)) }
        }
        return Reach(
            network: true, files: files, usesToken: settings.certificate?.isInToken ?? false)
    }

    /// Gives up, for good, what a command that works as its present user over a network does not need;
    /// but no rules on files, as a token's module may open any.
    ///
    /// - Throws: a `Fault`.
    static func confineBeforeToken() throws(Fault) {
        let reach = Reach(network: true, files: [], usesToken: true)
        try Confinement.enter(reach.policy(owner: (geteuid(), getegid()), writable: []))
    }

    /// The policy of a process that works in a store.
    ///
    /// - Parameters:
    ///   - owner: whose the store is.
    ///   - writable: the directories that it writes in.
    /// - Returns: the policy.
    func policy(
        owner: (user: UInt32, group: UInt32), writable: [String]
    ) -> ConfinementPolicy {
        // The groups that open a token or a socket for name look-ups, where the user has such.
        var groups: [UInt32] = []
        if owner.user != 0, let account = try? UserAccount(named: "\(owner.user)") {
            groups = account.supplementary.filter { $0 != 0 }
        }
        return ConfinementPolicy(
            user: owner.user, group: owner.group, supplementary: groups, network: network,
            readable: files, writable: writable, hasFileRules: !usesToken)
    }
}

extension Store {
    /// Gives up, for good, all that working in this store by this reach does not need.
    ///
    /// For commands that need no root after the store is open.
    ///
    /// - Parameter reach: where bytes come from.
    /// - Throws: a `Fault`.
    func confine(_ reach: Reach) throws(Fault) {
        try Confinement.enter(reach.policy(owner: owner, writable: [path]))
    }
}

extension Configuration {
    /// What it takes to read a repository.
    ///
    /// - Parameter location: where it is.
    /// - Returns: the reach.
    /// - Throws: a `Fault` where the configuration cannot be used.
    public func reach(_ location: RepositoryLocation) throws(Fault) -> Reach {
        switch location {
        case .folder(let path): .folder(path)
        case .remote: .network(try transfer())
        }
    }
}
