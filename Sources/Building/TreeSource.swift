internal import Faults
internal import YAML

/// Where a part of the tree comes from, as the description says.
struct TreeSource: Sendable {
    /// A file or directory, from the description's directory.
    let from: String
    /// Where it goes in the tree; empty for the root.
    let to: String
    /// The permission bits of its files; `nil` where those on the disk decide.
    let mode: UInt32?
    /// The mapping that says so, and its key, for messages.
    let fields: YAMLFields
    let key: String

    /// A fault at the source's place in the description.
    func fault(_ problem: String, advice: String = "") -> Fault {
        fields.fault(key, problem, advice: advice)
    }

    /// A fault from below, told at the source's place.
    func fault(_ inner: Fault) -> Fault {
        let message =
            inner.message.hasSuffix(".") ? String(inner.message.dropLast()) : inner.message
        let cause = inner.cause.map { " (\($0))" } ?? ""
        return fault("cannot be used: \(message)\(cause)", advice: inner.advice)
    }
}
