internal import CConfine
internal import DurableFiles
internal import Faults
internal import Glibc

/// One set of Landlock rules, not yet in force.
struct FileRules: ~Copyable {
    private let set: Descriptor
    private let version: Int32

    /// Makes the rules of a policy; `nil` where the kernel has no Landlock, or none for networks where
    /// files are to be free.
    ///
    /// - Throws: a `Fault` where a directory to write in is not there.
    static func make(_ policy: ConfinementPolicy) throws(Fault) -> FileRules? {
        let version = cconfine_landlock_version()
        guard version >= (policy.hasFileRules ? 1 : 4) else { return nil }
        let raw = cconfine_rules(
            version, policy.hasFileRules ? 1 : 0, policy.network ? 1 : 0)
        guard raw >= 0 else { throw systemFault("cannot make rules on files") }
        let rules = FileRules(set: Descriptor(owning: raw), version: version)
        guard policy.hasFileRules else { return rules }
        for path in ConfinementPolicy.usual + policy.readable {
            try rules.allow(path, CCONFINE_READ, isOptional: true)
        }
        for path in ConfinementPolicy.devices {
            try rules.allow(path, CCONFINE_DEVICE, isOptional: true)
        }
        for path in policy.writable { try rules.allow(path, CCONFINE_WRITE, isOptional: false) }
        return rules
    }

    private init(set: consuming Descriptor, version: Int32) {
        self.set = set
        self.version = version
    }

    private func allow(_ path: String, _ what: Int, isOptional: Bool) throws(Fault) {
        guard unsafe cconfine_allow(set.raw, version, path, Int32(what)) != 0 else { return }
        // What is not there, or cannot be found by this user, cannot be read either.
        if isOptional, [ENOENT, ENOTDIR, EACCES, ELOOP].contains(errno) { return }
        throw systemFault("cannot allow \(path)")
    }

    /// Puts them into force.
    ///
    /// - Returns: the version of Landlock.
    func enforce() throws(Fault) -> Int {
        guard cconfine_enforce(set.raw) == 0 else {
            throw systemFault("cannot put rules on files into force")
        }
        return Int(version)
    }
}
