public import Faults

/// A place with files by their paths, such as a repository: a folder, or a server's directory.
///
/// A path is relative, its components divided by `/`; it consists of letters, digits and `-._~%`, and
/// is taken as it is, as a file's name and as a part of an address.
public protocol FileTree: AnyObject {
    /// What a person calls the place; without anything secret.
    var name: String { get }

    /// Whether what is read has a price: it comes over a network.
    var isRemote: Bool { get }

    /// Opens a file.
    ///
    /// - Parameter path: its path.
    /// - Returns: its bytes.
    /// - Throws: a `Fault`, where there is none too.
    func open(_ path: String) throws(Fault) -> any ByteSource

    /// Reads a small file whole; `nil` where there is none.
    ///
    /// - Parameters:
    ///   - path: its path.
    ///   - limit: the most bytes that it may have.
    /// - Returns: its bytes.
    /// - Throws: a `Fault`.
    func read(_ path: String, limit: Int) throws(Fault) -> [UInt8]?

    /// Bytes a second that were fetched until now; `nil` where that says nothing.
    var rate: Int64? { get }

    /// Bytes that were fetched until now, over a network.
    var fetched: Int64 { get }

    /// Has a check asked while bytes are waited for; what it throws ends the wait.
    func watch(_ check: @escaping () throws(Fault) -> Void)
}
