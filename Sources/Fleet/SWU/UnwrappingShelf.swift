public import Faults
public import Install
public import Sealing

/// A place whose bundle may be wrapped in a `.swu`; all else is the place's own.
public final class UnwrappingShelf: Shelf {
    private let shelf: any Shelf

    /// Takes a place; nothing is opened yet.
    public init(_ shelf: any Shelf) { self.shelf = shelf }

    /// The place's name.
    public var name: String { shelf.name }

    /// The bundle's name; `nil` where it is wrapped, and nothing is named after it.
    public var file: String? { shelf.file.flatMap { BundleName.isWrapped($0) ? nil : $0 } }

    /// Opens the bundle.
    public func bundle() throws(Fault) -> any ByteSource {
        try WrappedBundle.unwrapped(try shelf.bundle())
    }

    /// Opens a file beside it.
    public func open(_ file: String) throws(Fault) -> any ByteSource { try shelf.open(file) }

    /// Reads a small file beside it.
    public func read(_ file: String, limit: Int) throws(Fault) -> [UInt8]? {
        try shelf.read(file, limit: limit)
    }

    /// The delta that the place itself knows of.
    public func delta(of bundle: VerifiedBundle, from base: Digest) throws(Fault) -> NamedDelta? {
        try shelf.delta(of: bundle, from: base)
    }

    /// Has the place open what it may be asked for.
    public func hold() throws(Fault) { try shelf.hold() }

    /// The place's rate.
    public var rate: Int64? { shelf.rate }

    /// What was fetched from it.
    public var fetched: Int64 { shelf.fetched }

    /// Has a check asked while bytes are waited for.
    public func watch(_ check: @escaping () throws(Fault) -> Void) { shelf.watch(check) }
}
