public import DurableFiles
public import Faults
internal import Glibc

/// Unpacks entries into a tree below one directory, and nowhere else.
///
/// Everything is made from directory descriptors with `O_NOFOLLOW` and `O_EXCL`: a name that exists
/// already is a fault, a link is never followed. A tree that an interruption left half-filled can be
/// continued: what stands there already is kept where it is what the archive says, else replaced.
/// Modes lose the writing bits of group and others (``EntryRules/modeMask``), whatever the umask; a
/// file has its mode only when it is whole. Owners and times are left as the system makes them. A
/// large file's space is reserved at once, and a piece of nothing but zeros is not written where the
/// file is new: what was only reserved is read as zeros. Nothing is synced: the caller ends with
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
        /// Whether it stood there before, so that some of its content may.
        let isContinued: Bool
        /// Whether it is new and has all its space, in which zeros are read until others are written.
        let readsZeros: Bool
        var flushed: Int64 = 0
        var position: Int64 = 0

        /// Writes the next bytes, unless they are zeros where zeros stand.
        ///
        /// - Parameter bytes: the bytes.
        /// - Returns: how many were written.
        /// - Throws: a `Fault`.
        mutating func write(_ bytes: Span<UInt8>) throws(Fault) -> Int {
            guard !readsZeros || !bytes.isZeros else {
                position += Int64(bytes.count)
                return 0
            }
            try descriptor.write(bytes, at: position, what)
            position += Int64(bytes.count)
            startWriteBack()
            return bytes.count
        }

        private mutating func startWriteBack() {
            guard position - flushed >= TreeWriter.writeBackEvery else { return }
            descriptor.startWriteBack(offset: flushed, length: position - flushed)
            flushed = position
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
    private let continues: Bool
    private var seen: PathSet?
    private var file: OpenFile?
    // Modes other than a new directory's own are set last, or nothing could be made in 0555.
    private var laterModes: [(path: String, mode: UInt32)] = []

    /// The bytes of content written; zeros that were left to the file's reservation are not in it.
    public private(set) var written: Int64 = 0
    /// The bytes of content that stood there before and were kept.
    public private(set) var kept: Int64 = 0

    /// Begins a tree.
    ///
    /// - Parameters:
    ///   - root: the directory to fill, opened once more for the writer itself.
    ///   - continuing: whether the directory may hold part of the same tree already; nobody else
    ///     writes to it.
    /// - Throws: a `Fault` where the directory cannot be opened again, or cannot be gone through.
    public init(
        below root: borrowing Directory, continuing: Bool = false
    ) throws(Fault) {
        cache = try DirectoryCache(root: root)
        rootPath = root.path
        continues = continuing
        seen = continuing ? PathSet() : nil
        if continuing { try LooseNames.remove(below: root) }
    }

    /// Makes the entry; of a file, its empty beginning.
    public func begin(_ entry: ArchiveEntry) throws(Fault) {
        if let flaw = EntryName.flaw(path: entry.path) {
            throw Fault(.unsafeArchive, "\(EntryName.quoted(entry.path)) \(flaw).")
        }
        let mode = entry.permissions & EntryRules.modeMask
        seen?.insert(entry.path)
        if continues { try clear(entry) }
        switch entry.kind {
        case .directory:
            _ = try cache.make(entry.path, orOpen: continues)
            if mode != 0o755 { laterModes.append((entry.path, mode)) }
        case .file: try beginFile(entry, mode)
        case .symbolicLink(let target): try makeLink(entry.path, to: target)
        case .hardLink(let target): try makeName(entry.path, of: target)
        }
    }

    private func beginFile(_ entry: ArchiveEntry, _ mode: UInt32) throws(Fault) {
        let (above, name) = EntryName.split(entry.path)
        let parent = try cache.directory(above)
        let what = "\(rootPath)/\(entry.path)"
        let found = continues ? try reopen(name, in: parent, what) : nil
        let isContinued = found != nil
        let descriptor: Descriptor
        if let found {
            descriptor = found
        } else {
            descriptor = try parent.directory.create(name, mode: 0o600)
        }
        var isReserved = false
        if entry.size >= Self.reservedFrom {
            isReserved = try descriptor.allocate(entry.size, what)
        }
        file = OpenFile(
            descriptor: descriptor, what: what, mode: mode, isContinued: isContinued,
            readsZeros: isReserved && !isContinued)
    }

    /// Opens a file that stood there before for writing; one that was finished has a mode without it.
    private func reopen(
        _ name: String, in parent: DirectoryCache.Opened, _ what: String
    ) throws(Fault) -> Descriptor? {
        guard let found = try parent.directory.openFile(name) else { return nil }
        guard fchmod(found.raw, 0o600) == 0 else {
            throw systemFault("cannot set the mode of \(what)")
        }
        return try parent.directory.openFile(name, flags: O_RDWR)
    }

    /// Takes away what stands in an entry's place and cannot be part of it.
    ///
    /// A file stays where it is one of a single name and not longer than it is to be: what is in it
    /// is digested before it is relied on. A name or link is made anew, and so is what its owner may
    /// not read, which nothing here has made.
    private func clear(_ entry: ArchiveEntry) throws(Fault) {
        let (above, name) = EntryName.split(entry.path)
        let parent = try cache.directory(above)
        guard let info = try parent.directory.info(name) else { return }
        let stays =
            switch (entry.kind, info.kind) {
            case (.directory, .directory): info.mode & 0o500 == 0o500
            case (.file, .file):
                info.links == 1 && info.size <= entry.size && info.mode & 0o400 != 0
            default: false
            }
        if !stays { try parent.directory.removeTree(name) }
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
        guard file?.position == offset else {
            throw Fault(.internalError, "Content came for offset \(offset) of no open file.")
        }
        written += Int64(try file?.write(bytes) ?? 0)
    }

    /// Leaves content as it stands in a file that was there before.
    ///
    /// The caller has read those bytes from that file, and their digest held.
    ///
    /// - Parameters:
    ///   - count: how many bytes.
    ///   - offset: where in the file they stand: always right after the bytes before.
    /// - Returns: `false` where the file was made anew, so that the bytes have to be written.
    public func keep(_ count: Int, at offset: Int64) -> Bool {
        guard file?.isContinued == true, file?.position == offset else { return false }
        file?.position += Int64(count)
        kept += Int64(count)
        return true
    }

    /// Gives a file its mode and closes it.
    public func end() throws(Fault) {
        try file.take()?.finish()
    }

    /// Removes what is not of a continued tree, and sets the modes of directories that differ from a
    /// new one's; the last thing to be called.
    public func finish() throws(Fault) {
        if let seen { try sweep(try cache.directory(nil).directory, "", seen) }
        for (path, mode) in laterModes.reversed() {
            try cache.directory(path).directory.chmod(mode)
        }
        laterModes = []
    }

    private func sweep(
        _ directory: borrowing Directory, _ prefix: String, _ seen: PathSet
    ) throws(Fault) {
        for name in try directory.removeAll(but: { seen.contains(prefix + $0) })
        where try directory.info(name)?.kind == .directory {
            try sweep(try directory.open(name), prefix + name + "/", seen)
        }
    }
}

extension Span<UInt8> {
    /// Whether there is nothing but zeros.
    fileprivate var isZeros: Bool {
        guard count > 0, self[0] == 0 else { return count == 0 }
        return unsafe withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            // Each byte is the one before it.
            return unsafe memcmp(start, start + 1, bytes.count - 1) == 0
        }
    }
}

/// Paths, each by its hash alone: 8 bytes a path.
///
/// Two paths of one hash would leave a stray file, which the read-back finds.
private struct PathSet {
    private var hashes: Set<Int> = []

    mutating func insert(_ path: String) { hashes.insert(path.hashValue) }

    func contains(_ path: String) -> Bool { hashes.contains(path.hashValue) }
}
