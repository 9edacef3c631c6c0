/// What a process may still do once it has given up the rest.
public struct ConfinementPolicy: Sendable {
    /// Whom a process that is root, or can become root, is to be for good.
    public var user: UInt32
    /// That user's group.
    public var group: UInt32
    /// That user's further groups.
    public var supplementary: [UInt32]
    /// Whether internet connections may be made.
    public var network: Bool
    /// Files and directories that are read, beside those that every program reads.
    public var readable: [String]
    /// Directories in which files are made, written and removed.
    public var writable: [String]
    /// Whether files are held by rules at all; not where nobody knows which are needed, as with the
    /// module of a PKCS#11 token.
    public var hasFileRules: Bool

    /// Makes a policy.
    public init(
        user: UInt32, group: UInt32, supplementary: [UInt32] = [], network: Bool,
        readable: [String] = [], writable: [String] = [], hasFileRules: Bool = true
    ) {
        self.user = user
        self.group = group
        self.supplementary = supplementary
        self.network = network
        self.readable = readable
        self.writable = writable
        self.hasFileRules = hasFileRules
    }

    /// What every program reads.
    ///
    /// Libraries, and what the C library and OpenSSL look names, time and authorities up in. Nothing of
    /// it is secret.
    static let usual = [
        "/usr", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/resolv.conf", "/etc/hosts",
        "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols",
        "/etc/networks", "/etc/passwd", "/etc/group", "/etc/localtime", "/etc/timezone",
        "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls", "/etc/pki/ca-trust",
        "/etc/ca-certificates", "/etc/crypto-policies", "/run/systemd/resolve",
        "/run/resolvconf", "/run/NetworkManager/resolv.conf", "/run/nscd", "/var/run/nscd",
        "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/kernel",
        "/proc/sys/vm/overcommit_memory", "/proc/sys/crypto", "/sys/devices/system/cpu",
        "/sys/kernel/mm/transparent_hugepage", "/dev/urandom", "/dev/random",
    ]

    /// Devices that are written as well.
    static let devices = ["/dev/null", "/dev/zero"]
}
