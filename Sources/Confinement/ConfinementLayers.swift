/// Which of the means against a process that was taken over the kernel has, or has in force.
///
/// The identity and `no_new_privs` are there on every Linux that this program runs on.
public struct ConfinementLayers: Sendable, Equatable {
    /// The version of Landlock that holds files and network; 0 where it does not.
    public var landlock: Int
    /// Whether system calls are filtered.
    public var isFiltered: Bool

    /// What is missing, in words; `nil` where nothing is.
    public var gap: String? {
        switch (landlock > 0, isFiltered) {
        case (true, true): nil
        case (false, true):
            "This kernel has no Landlock: what fetches and unpacks is held by its user alone, not by "
                + "rules on files."
        case (true, false):
            "This kernel filters no system calls: what fetches and unpacks is held by its user and by "
                + "rules on files alone."
        case (false, false):
            "This kernel has neither Landlock nor a filter of system calls: what fetches and unpacks "
                + "is held by its user alone."
        }
    }
}
