internal import Confinement
public import StrictJSON

/// What this kernel holds the fetching and unpacking by, beside the user that it runs as.
public enum ConfinementReport {
    /// What is missing, in words; `nil` where nothing is.
    public static var gap: String? { Confinement.available.gap }

    /// For machines: the version of Landlock, 0 for none, and whether system calls are filtered.
    public static var json: JSONValue {
        let layers = Confinement.available
        return .members([
            ("landlock", .integer(Int64(layers.landlock))),
            ("systemCalls", .bool(layers.isFiltered)),
        ])
    }
}
