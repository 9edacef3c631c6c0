// Confinement: a process gives up what it does not need before it meets bytes from outside. The only
// importer of CConfine.

internal import CConfine
internal import DurableFiles
public import Faults
internal import Glibc

/// Gives up privileges, for good and for the whole process.
public enum Confinement {
    /// What this kernel has.
    ///
    /// A filter cannot be tried without taking it; the kernel lists its actions where it has it.
    public static var available: ConfinementLayers {
        ConfinementLayers(
            landlock: Int(cconfine_landlock_version()),
            isFiltered: unsafe access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0)
    }

    /// Gives up all that the policy does not name.
    ///
    /// What was open before stays open.
    /// In this order: rules on files are made while everything can still be found; identity,
    /// supplementary groups and capabilities go, in all their sets; `no_new_privs`, no core dump, no
    /// look into the memory by others of the same user; rules and filter come into force. Without
    /// Landlock or seccomp it goes on with the rest.
    ///
    /// - Parameter policy: what may still be done.
    /// - Returns: what the kernel holds it by.
    /// - Throws: a `Fault` of code `permission` where an identity cannot be given up, `internal` where
    ///   the process has several threads, of which some would stay as they are.
    @discardableResult
    public static func enter(_ policy: ConfinementPolicy) throws(Fault) -> ConfinementLayers {
        guard cconfine_threads() == 1 else {
            throw Fault(.internalError, "A process with several threads was to be confined.")
        }
        let rules = try FileRules.make(policy)
        let groups = policy.supplementary
        guard unsafe cconfine_drop(policy.user, policy.group, groups, groups.count) == 0 else {
            throw systemFault("cannot become user \(policy.user) for good")
        }
        guard cconfine_harden() == 0 else { throw systemFault("cannot give up privileges") }
        var layers = ConfinementLayers(landlock: 0, isFiltered: false)
        if let rules { layers.landlock = try rules.enforce() }
        layers.isFiltered = cconfine_filter(policy.network ? 1 : 0) == 0
        return layers
    }

    /// Narrows files once more, to what stands in the policy now.
    ///
    /// - Parameter policy: the policy; its user and network are not looked at.
    /// - Throws: a `Fault` where the kernel refuses.
    public static func narrow(_ policy: ConfinementPolicy) throws(Fault) {
        guard let rules = try FileRules.make(policy) else { return }
        _ = try rules.enforce()
    }
}
