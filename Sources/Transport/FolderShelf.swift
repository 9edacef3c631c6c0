internal import DurableFiles
public import Faults
public import Install

/// A bundle in a folder.
public final class FolderShelf: Shelf {
    /// The bundle's path.
    public let name: String
    private let folder: String
    /// Files that were opened ahead, by their names.
    private var held: [String: FileSource] = [:]
    /// All names in the folder when they were; `nil` where it was not listed.
    private var listed: Set<String>?

    /// The most files that are opened ahead.
    private static let most = 256

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
    public func bundle() throws(Fault) -> any ByteSource {
        if let source = held[file ?? ""] { return source }
        return try FileSource(path: name)
    }

    /// Opens a file of the same folder.
    public func open(_ file: String) throws(Fault) -> any ByteSource {
        if let source = held[file] { return source }
        return try FileSource(path: folder + file)
    }

    /// Reads a small file of the same folder.
    public func read(_ file: String, limit: Int) throws(Fault) -> [UInt8]? {
        if let source = held[file] {
            let length = try source.length()
            guard length <= limit else {
                throw Fault(
                    .malformed,
                    "\(source.name) has \(length) bytes; at most \(limit) were expected there.")
            }
            return try source.read(at: 0, count: Int(length))
        }
        if let listed, !listed.contains(file) { return nil }
        do throws(Fault) {
            return try FilePlace.read(folder + file, limit: limit)
        } catch  where error.code == .notFound {
            return nil
        }
    }

    /// Opens the bundle, and what may stand beside it: roots of trust, its list of deltas, deltas.
    ///
    /// A stick may be for root alone to read. A file that cannot be opened now is asked for again when
    /// it is needed.
    public func hold() throws(Fault) {
        let file = file ?? ""
        held[file] = try FileSource(path: name)
        guard let directory = try? Directory.open(path: folder.isEmpty ? "." : folder),
            let names = try? directory.names(limit: 65536)
        else { return }
        listed = Set(names)
        for name in names where name != file && held.count < FolderShelf.most {
            guard
                name.hasSuffix(".root.json") || name.hasPrefix(file) || name.hasSuffix(".nacelle")
            else { continue }
            held[name] = try? FileSource(path: folder + name)
        }
    }
}
