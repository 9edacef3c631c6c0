public import Faults
public import Sealing

/// Where a bundle stands, and what may stand beside it: a folder, or an address.
public protocol Shelf: AnyObject {
    /// What a person calls the bundle's place; without anything secret.
    var name: String { get }

    /// The bundle's own file name; `nil` where the place has none to look beside.
    var file: String? { get }

    /// Opens the bundle.
    func bundle() throws(Fault) -> any ByteSource

    /// Opens a file that stands beside it.
    ///
    /// - Parameter file: its name, one component.
    /// - Returns: its bytes.
    /// - Throws: a `Fault`, where there is none too.
    func open(_ file: String) throws(Fault) -> any ByteSource

    /// Reads a small file that stands beside it; `nil` where there is none.
    ///
    /// - Parameters:
    ///   - file: its name, one component.
    ///   - limit: the most bytes that it may have.
    /// - Returns: its bytes.
    /// - Throws: a `Fault`.
    func read(_ file: String, limit: Int) throws(Fault) -> [UInt8]?

    /// The delta from a version that the place itself knows of; `nil` where it knows none.
    ///
    /// - Parameters:
    ///   - bundle: the full bundle, verified.
    ///   - base: the tree digest of the version that runs.
    /// - Returns: the delta, which is verified by whoever takes it.
    /// - Throws: a `Fault`.
    func delta(of bundle: VerifiedBundle, from base: Digest) throws(Fault) -> NamedDelta?

    /// Bytes a second that were fetched until now; `nil` where that says nothing.
    var rate: Int64? { get }

    /// Bytes that were fetched until now, over a network.
    var fetched: Int64 { get }

    /// Opens what it may be asked for, where that takes rights that are given up next.
    ///
    /// - Throws: a `Fault` where the bundle cannot be opened.
    func hold() throws(Fault)

    /// Has a check asked while bytes are waited for; what it throws ends the wait.
    func watch(_ check: @escaping () throws(Fault) -> Void)
}

extension Shelf {
    /// A file beside the bundle may list some; the place does not know.
    public func delta(of _: VerifiedBundle, from _: Digest) throws(Fault) -> NamedDelta? { nil }

    /// A disk's rate says nothing of what is to come.
    public var rate: Int64? { nil }

    /// A disk costs nothing.
    public var fetched: Int64 { 0 }

    /// A server is asked later.
    public func hold() throws(Fault) {}

    /// Nothing is waited for.
    public func watch(_: @escaping () throws(Fault) -> Void) {}
}
