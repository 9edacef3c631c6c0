public import Faults
public import Slots

/// An operator's word on a version: denied, or allowed again.
///
/// Needs the store alone.
public struct VersionDenial {
    private let configuration: Configuration

    /// Makes the operation.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// Denies a version that is known here.
    ///
    /// - Parameters:
    ///   - store: the store's path where the command names one.
    ///   - text: the version, its release counter, or the beginning of its tree digest.
    ///   - reason: why, in the operator's words; may be empty.
    /// - Returns: what was done.
    /// - Throws: a `Fault` of code `not-found` where the text does not name one version.
    public func deny(
        store: String?, named text: String, reason: String
    ) throws(Fault) -> DenialChange {
        let open = try Store.open(path: try configuration.storePath(store))
        return try open.deny(
            named: text,
            reason: reason.isEmpty ? "denied by an operator" : "denied: \(reason)",
            "nacelle deny")
    }

    /// Takes the denial of a version back.
    ///
    /// - Parameters:
    ///   - store: the store's path where the command names one.
    ///   - text: the version, its release counter, or the beginning of its tree digest.
    /// - Returns: what was done.
    /// - Throws: a `Fault` of code `not-found` where the text does not name one version.
    public func allow(store: String?, named text: String) throws(Fault) -> DenialChange {
        let open = try Store.open(path: try configuration.storePath(store))
        return try open.allow(named: text, "nacelle allow")
    }
}
