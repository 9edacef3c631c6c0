internal import DurableFiles
public import Faults
public import Install

/// A folder as a tree of files: a directory, a mounted stick.
public final class FolderTree: FileTree {
    /// The folder's path.
    public let name: String

    /// Names a folder; nothing is opened yet.
    public init(path: String) { name = path }

    /// It costs nothing.
    public var isRemote: Bool { false }
    /// A disk's rate says nothing of what is to come.
    public var rate: Int64? { nil }
    /// Nothing comes over a network.
    public var fetched: Int64 { 0 }
    /// Nothing is waited for.
    public func watch(_: @escaping () throws(Fault) -> Void) {}

    /// Opens a file below the folder.
    public func open(_ path: String) throws(Fault) -> any ByteSource {
        do throws(Fault) {
            return try FileSource(path: try place(of: path))
        } catch  where error.code == .permission {
            throw unreadable(error)
        }
    }

    /// Reads a small file below the folder.
    public func read(_ path: String, limit: Int) throws(Fault) -> [UInt8]? {
        do throws(Fault) {
            return try FilePlace.read(try place(of: path), limit: limit)
        } catch  where error.code == .notFound {
            return nil
        } catch  where error.code == .permission {
            throw unreadable(error)
        }
    }

    /// Commands become the store's owner before they read a repository.
    private func unreadable(_ fault: Fault) -> Fault {
        Fault(
            fault.code, fault.message,
            advice: "The store's owner must be able to read the folder: mount it so (for FAT: -o "
                + "umask=022), or copy it.", cause: fault.cause)
    }

    private func place(of path: String) throws(Fault) -> String {
        // What a repository names must not lead out of its folder.
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.allSatisfy({ Directory.isComponent(String(decoding: $0, as: UTF8.self)) })
        else {
            throw Fault(.malformed, "“\(path.prefix(100))” is no path of a file below \(name).")
        }
        return "\(name)/\(path)"
    }
}
