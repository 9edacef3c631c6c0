public import DurableFiles
public import Faults
internal import Glibc

/// Reads ranges of a tree's files, by path, following no link.
///
/// What it gives is unverified: whoever asked holds it against a digest. Files that are gone, shorter
/// or unreadable give nothing. The last few files stay open.
public final class TreeFiles {
    private static let limit = 8

    private final class Opened {
        let path: String
        let descriptor: Descriptor

        init(_ path: String, _ descriptor: consuming Descriptor) {
            self.path = path
            self.descriptor = descriptor
        }
    }

    private let cache: DirectoryCache
    /// The most recently used at the end.
    private var opened: [Opened] = []

    /// Begins.
    ///
    /// - Parameter root: the tree's root, opened once more for the reader itself.
    /// - Throws: a `Fault` where the directory cannot be opened again.
    public init(_ root: borrowing Directory) throws(Fault) {
        cache = try DirectoryCache(root: root)
    }

    /// Reads exactly `count` bytes.
    ///
    /// - Parameters:
    ///   - path: the file's path from the tree's root.
    ///   - offset: where in the file, in bytes.
    ///   - count: how many.
    ///   - buffer: gets them at its beginning; it has room for them.
    /// - Returns: whether all of them could be read.
    public func read(
        _ path: String, at offset: Int64, count: Int, into buffer: inout [UInt8]
    ) -> Bool {
        guard EntryName.flaw(path: path) == nil, let file = open(path),
            let done = try? file.descriptor.read(at: offset, into: &buffer, count: count, path)
        else { return false }
        return done == count
    }

    private func open(_ path: String) -> Opened? {
        if let index = opened.lastIndex(where: { $0.path == path }) {
            let hit = opened.remove(at: index)
            opened.append(hit)
            return hit
        }
        let (above, name) = EntryName.split(path)
        guard let parent = try? cache.directory(above),
            let descriptor = try? parent.directory.openFile(name)
        else { return nil }
        _ = posix_fadvise(descriptor.raw, 0, 0, POSIX_FADV_SEQUENTIAL)
        if opened.count == Self.limit { opened.removeFirst() }
        let file = Opened(path, descriptor)
        opened.append(file)
        return file
    }
}
