internal import DurableFiles
public import Faults
public import Install

/// A bundle in a folder.
public final class FolderShelf: Shelf {
    /// The bundle's path.
    public let name: String
    private let folder: String

    /// Names a bundle.
    ///
    /// - Parameter path: its path; nothing is opened yet.
    public init(path: String) {
        name = path
        folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// The last component of the path.
    public var file: String? { String(name.dropFirst(folder.count)) }

    /// Opens the bundle.
    public func bundle() throws(Fault) -> any ByteSource { try FileSource(path: name) }

    /// Opens a file of the same folder.
    public func open(_ file: String) throws(Fault) -> any ByteSource {
        try FileSource(path: folder + file)
    }

    /// Reads a small file of the same folder.
    public func read(_ file: String, limit: Int) throws(Fault) -> [UInt8]? {
        do throws(Fault) {
            return try FilePlace.read(folder + file, limit: limit)
        } catch  where error.code == .notFound {
            return nil
        }
    }
}
