internal import DurableFiles
internal import Faults
internal import Install
internal import Transport

/// A repository's folder under its lock; every change to it goes through here.
///
/// Names that begin with a dot are no part of what is served: the lock, what waits for signatures, and
/// files that are not whole yet.
struct RepositoryFolder: ~Copyable {
    /// The directory of what readers do not see, with a slash at the end.
    static let work = ".staging/"
    /// How long another command may hold the lock, in milliseconds.
    private static let patience = 20_000

    let path: String
    private let directory: Directory
    private let lock: FileLock
    private let checkpoint: (String) throws(Fault) -> Void

    static func open(
        _ path: String, for command: String,
        checkpoint: @escaping (String) throws(Fault) -> Void
    ) throws(Fault) -> RepositoryFolder {
        let directory = try Directory.open(path: path)
        let lock = try FileLock.take(
            ".lock", in: directory, holder: "nacelle-bundle \(command)", patience: patience)
        return RepositoryFolder(path, directory, lock, checkpoint)
    }

    private init(
        _ path: String, _ directory: consuming Directory, _ lock: consuming FileLock,
        _ checkpoint: @escaping (String) throws(Fault) -> Void
    ) {
        self.path = path
        self.directory = directory
        self.lock = lock
        self.checkpoint = checkpoint
    }

    /// A small file; `nil` where there is none.
    func read(_ path: String, limit: Int) throws(Fault) -> [UInt8]? {
        try FolderTree(path: self.path).read(path, limit: limit)
    }

    /// Opens a file that may be large.
    func open(_ path: String) throws(Fault) -> FileSource {
        try FileSource(path: "\(self.path)/\(path)")
    }

    /// What stands at a path; `nil` where there is nothing.
    func info(_ path: String) throws(Fault) -> EntryInfo? {
        try parent(of: path).info(RepositoryFolder.name(of: path))
    }

    /// Makes the directory of a path's file.
    func makeParent(of path: String) throws(Fault) { _ = try parent(of: path) }

    /// Puts a file in place that may change: a crash leaves the old or the new one.
    func replace(_ path: String, with bytes: [UInt8]) throws(Fault) {
        try checkpoint(path)
        try parent(of: path).replace(RepositoryFolder.name(of: path), with: bytes)
    }

    /// Puts a file in place that never changes; the same file there already is as good.
    func put(_ path: String, _ bytes: [UInt8]) throws(Fault) {
        guard let present = try info(path) else { return try replace(path, with: bytes) }
        guard present.kind == .file, present.size == Int64(bytes.count),
            try read(path, limit: bytes.count) == bytes
        else {
            throw Fault(
                .storage,
                "\(self.path)/\(path) is there with other bytes than the \(bytes.count) that would be "
                    + "published under this name, which never changes.",
                advice: "Find out who wrote it. If it is damaged, remove it and repeat the command."
            )
        }
    }

    /// Removes a file, durably.
    func remove(_ path: String) throws(Fault) {
        let parent = try parent(of: path)
        let name = RepositoryFolder.name(of: path)
        guard try parent.info(name) != nil else { return }
        try checkpoint("-" + path)
        try parent.remove(name)
        try parent.sync()
    }

    /// Copies a part of a bundle beside its place, durably, through one buffer; ``reveal(_:)`` puts it
    /// there.
    ///
    /// - Parameters:
    ///   - path: its place.
    ///   - source: where from.
    ///   - range: which bytes.
    ///   - progress: told of the bytes done.
    /// - Returns: the path under which it stands meanwhile.
    /// - Throws: a `Fault` of the disk, or of the source.
    func copy(
        to path: String, from source: any ByteSource, _ range: Range<Int64>,
        progress: (Int64) -> Void
    ) throws(Fault) -> String {
        let parent = try parent(of: path)
        let hidden = ".\(RepositoryFolder.name(of: path)).new"
        try checkpoint("+" + path)
        try parent.remove(hidden)
        let file = try parent.create(hidden)
        try file.allocate(Int64(range.count), path)
        var offset = range.lowerBound
        var buffer = [UInt8](repeating: 0, count: Int(min(1 << 20, Int64(range.count))))
        while offset < range.upperBound {
            let count = Int(min(Int64(buffer.count), range.upperBound - offset))
            try source.read(at: offset, count: count, into: &buffer)
            try file.write(buffer.span.extracting(0..<count), path)
            offset += Int64(count)
            progress(Int64(count))
        }
        try file.sync(path)
        try file.closeChecked(path)
        let cut = path.utf8.count - RepositoryFolder.name(of: path).utf8.count
        return String(decoding: path.utf8.prefix(cut), as: UTF8.self) + hidden
    }

    /// Whether a file is there with the bytes of a part of a bundle, compared through two buffers.
    func holds(
        _ path: String, _ source: any ByteSource, _ range: Range<Int64>
    ) throws(Fault) -> Bool {
        guard let info = try info(path), info.kind == .file, info.size == Int64(range.count) else {
            return false
        }
        let file = try open(path)
        var offset: Int64 = 0
        let size = Int(min(1 << 20, info.size))
        var (here, there) = ([UInt8](repeating: 0, count: size), [UInt8](repeating: 0, count: size))
        while offset < info.size {
            let count = Int(min(Int64(size), info.size - offset))
            try file.read(at: offset, count: count, into: &here)
            try source.read(at: range.lowerBound + offset, count: count, into: &there)
            guard here.prefix(count) == there.prefix(count) else { return false }
            offset += Int64(count)
        }
        return true
    }

    /// Puts what ``copy(to:from:_:progress:)`` wrote in its place.
    func reveal(_ path: String) throws(Fault) {
        let name = RepositoryFolder.name(of: path)
        try checkpoint(path)
        try parent(of: path).rename(".\(name).new", to: name)
    }

    /// Gives a file that cannot be used another name beside its own, durably.
    ///
    /// - Returns: the path under which it stands now; what stood there is gone.
    func setAside(_ path: String) throws(Fault) -> String {
        try checkpoint("-" + path)
        let name = RepositoryFolder.name(of: path)
        try parent(of: path).rename(name, to: name + ".unreadable")
        return path + ".unreadable"
    }

    /// Removes what ``copy(to:from:_:progress:)`` wrote.
    func discard(_ path: String) throws(Fault) {
        try parent(of: path).remove(".\(RepositoryFolder.name(of: path)).new")
    }

    private static func name(of path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    private func parent(of path: String) throws(Fault) -> Directory {
        var directory = try self.directory.duplicate()
        for name in path.split(separator: "/").dropLast() {
            let name = String(name)
            if try directory.info(name) == nil {
                // What readers are not to see is not to be read by them either.
                _ = try directory.openOrMake(name, mode: name.hasPrefix(".") ? 0o700 : 0o755)
                try directory.sync()
            }
            directory = try directory.open(name)
        }
        return directory
    }
}
