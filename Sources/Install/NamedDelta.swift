public import Faults

/// A delta that a place names for a bundle.
public struct NamedDelta {
    /// What a person calls it.
    public let name: String
    /// Bytes of its index and pack.
    public let length: Int64
    /// Opens it.
    public let open: () throws(Fault) -> any ByteSource

    /// Names a delta.
    public init(
        name: String, length: Int64, open: @escaping () throws(Fault) -> any ByteSource
    ) {
        self.name = name
        self.length = length
        self.open = open
    }
}
