internal import DurableFiles
internal import Faults
internal import Glibc

/// A file as a walk found it, still to be opened and digested.
struct FileToDigest: Sendable {
    let parent: DirectoryCache.Opened
    let name: String
    let inode: UInt64
    let size: Int64

    /// The file's path, for messages.
    var what: String { "\(parent.directory.path)/\(name)" }

    /// Opens the file, which must still be the one that was found.
    func open(flags: Int32 = 0) throws(Fault) -> Descriptor {
        guard let file = try parent.directory.openFile(name, flags: flags) else {
            throw systemFault("cannot open \(what)", error: ENOENT)
        }
        let info = try file.info(what)
        guard info.inode == inode, info.size == size else {
            throw Fault(.storage, "\(what) was changed while the tree was read.")
        }
        return file
    }
}
