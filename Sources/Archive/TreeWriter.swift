public import DurableFiles
public import Faults
internal import Glibc

/// Unpacks entries into a tree below one directory, and nowhere else.
///
/// Everything is made from directory descriptors with `O_NOFOLLOW` and `O_EXCL`: a name that exists
/// already is a fault, a link is never followed. Modes lose the writing bits of group and others
/// (``EntryRules/modeMask``), whatever the umask; a file has its mode only when it is whole. Owners
/// and times are left as the system makes them. Nothing is synced: the caller ends with
/// `FileSystem.syncAll()`, and write-back is started on the way so that it is short.
public final class TreeWriter: EntryReceiver {
    // Below this a reservation costs more than it helps.
    private static let reservedFrom: Int64 = 1 << 20
    private static let writeBackEvery: Int64 = 8 << 20

    /// The file that is being written.
    private struct OpenFile: ~Copyable {
        let descriptor: Descriptor
        let what: String
        let mode: UInt32
        var flushed: Int64 = 0
        var written: Int64 = 0

        mutating func write(_ bytes: Span<UInt8>) throws(Fault) {
            try descriptor.write(bytes, what)
            written += Int64(bytes.count)
            guard written - flushed >= TreeWriter.writeBackEvery else { return }
            descriptor.startWriteBack(offset: flushed, length: written - flushed)
            flushed = written
        }

        consuming func finish() throws(Fault) {
            guard fchmod(descriptor.raw, mode_t(mode)) == 0 else {
                throw systemFault("cannot set the mode of \(what)")
            }
            try descriptor.closeChecked(what)
        }
    }

    private let cache: DirectoryCache
    private let rootPath: String
    private let progress: ((Int64) -> Void)?
    private var file: OpenFile?
    // Modes other than a new directory's own are set last, or nothing could be made in 0555.
    private var laterModes: [(path: String, mode: UInt32)] = []

    /// The bytes of content written so far.
    public private(set) var written: Int64 = 0

    /// Begins a tree.
    ///
    /// - Parameters:
    ///   - root: the directory to fill, opened once more for the writer itself.
    ///   - progress: told of the content's bytes written so far, at each piece.
    /// - Throws: a `Fault` where the directory cannot be opened again.
    public init(
        below root: borrowing Directory, progress: ((Int64) -> Void)? = nil
    ) throws(Fault) {
        cache = try DirectoryCache(root: root)
        rootPath = root.path
        self.progress = progress
    }

    /// Makes the entry; of a file, its empty beginning.
    public func begin(_ entry: ArchiveEntry) throws(Fault) {
        if let flaw = EntryName.flaw(path: entry.path) {
            throw Fault(.unsafeArchive, "\(EntryName.quoted(entry.path)) \(flaw).")
        }
        let mode = entry.permissions & EntryRules.modeMask
        switch entry.kind {
        case .directory:
            _ = try cache.make(entry.path)
            if mode != 0o755 { laterModes.append((entry.path, mode)) }
        case .file: try beginFile(entry, mode)
        case .symbolicLink(let target): try makeLink(entry.path, to: target)
        case .hardLink(let target): try makeName(entry.path, of: target)
        }
    }

    private func beginFile(_ entry: ArchiveEntry, _ mode: UInt32) throws(Fault) {
        let (above, name) = EntryName.split(entry.path)
        let parent = try cache.directory(above)
        let descriptor = try parent.directory.create(name, mode: 0o600)
        let what = "\(rootPath)/\(entry.path)"
        if entry.size >= Self.reservedFrom { try descriptor.allocate(entry.size, what) }
        file = OpenFile(descriptor: descriptor, what: what, mode: mode)
    }

    private func makeLink(_ path: String, to target: String) throws(Fault) {
        if let flaw = EntryName.flaw(target: target, at: path) {
            throw Fault(.unsafeArchive, "\(EntryName.quoted(path)) \(flaw).")
        }
        let (above, name) = EntryName.split(path)
        let parent = try cache.directory(above)
        guard unsafe symlinkat(target, parent.directory.raw, name) == 0 else {
            throw systemFault("cannot make the link \(rootPath)/\(path)")
        }
    }

    private func makeName(_ path: String, of target: String) throws(Fault) {
        if let flaw = EntryName.flaw(path: target) {
            throw Fault(
                .unsafeArchive, "\(EntryName.quoted(path)) is a hard link whose target \(flaw).")
        }
        let (above, name) = EntryName.split(path)
        let (targetAbove, targetName) = EntryName.split(target)
        let from = try cache.directory(targetAbove)
        let into = try cache.directory(above)
        guard try from.directory.info(targetName)?.kind == .file else {
            throw Fault(
                .unsafeArchive,
                "\(EntryName.quoted(path)) is a hard link to \(EntryName.quoted(target)),"
                    + " which is no file of the tree.")
        }
        // Without AT_SYMLINK_FOLLOW a link in the target's place would itself get the name.
        let result = unsafe linkat(from.directory.raw, targetName, into.directory.raw, name, 0)
        guard result == 0 else {
            throw systemFault("cannot make the name \(rootPath)/\(path) for \(target)")
        }
    }

    /// Writes more of the current file.
    public func data(_ bytes: Span<UInt8>, at offset: Int64) throws(Fault) {
        guard file?.written == offset else {
            throw Fault(.internalError, "Content came for offset \(offset) of no open file.")
        }
        try file?.write(bytes)
        written += Int64(bytes.count)
        progress?(written)
    }

    /// Gives a file its mode and closes it.
    public func end() throws(Fault) {
        try file.take()?.finish()
    }

    /// Sets the modes of directories that differ from a new one's; the last thing to be called.
    public func finish() throws(Fault) {
        for (path, mode) in laterModes.reversed() {
            try cache.directory(path).directory.chmod(mode)
        }
        laterModes = []
    }
}
