public import DurableFiles
public import Faults
internal import Workers

/// Makes what was unpacked durable while the pipe goes on.
///
/// What comes over a network is never more than 4 MiB ahead of what is durable, so that a power failure
/// costs no more than that. What comes from a disk is written back early, so that little is left for
/// the end.
public final class Settler {
    /// Bytes that may have been fetched and not be durable.
    private static let window: Int64 = 4 << 20
    /// Bytes after which a network's are made durable.
    private static let remoteStep: Int64 = 1 << 20

    private let source: any ByteSource
    private let queue: OrderedQueue<Void, Void>
    private let step: Int64
    /// Bytes that were fetched for chunks that were begun.
    private var begun: Int64 = 0
    /// Bytes of chunks that were unpacked, and up to where in the source they stood.
    private var done = (bytes: Int64(0), offset: Int64(0))
    /// The same at the last sync that has ended, and at the one under way.
    private var settled = (bytes: Int64(0), offset: Int64(0))
    private var underWay = (bytes: Int64(0), offset: Int64(0))

    /// Makes a settler.
    ///
    /// - Parameters:
    ///   - disk: the file system, opened before the first write.
    ///   - source: where the bytes come from; it is told what is settled.
    ///   - localStep: bytes after which those of a local source are written back; 0 for never.
    /// - Throws: a `Fault` where no thread can be had.
    public convenience init(
        _ disk: consuming FileSystem, source: any ByteSource, localStep: Int64
    ) throws(Fault) {
        let disk = Disk(disk)
        try self.init(source: source, localStep: localStep) { () throws(Fault) in
            try disk.fileSystem.syncAll()
        }
    }

    /// Makes a settler over what makes all that was written durable.
    init(
        source: any ByteSource, localStep: Int64,
        sync: @escaping @Sendable () throws(Fault) -> Void
    ) throws(Fault) {
        self.source = source
        step = source.isRemote ? Settler.remoteStep : localStep
        queue = try OrderedQueue(
            name: "sync", workers: 1, maxJobs: 1, maxCost: 1,
            state: { () throws(Fault) in () },
            work: { (_, _, _) throws(Fault) in try sync() })
    }

    private final class Disk: Sendable {
        let fileSystem: FileSystem
        init(_ fileSystem: consuming FileSystem) { self.fileSystem = fileSystem }
    }

    /// Whether a chunk may be fetched now.
    func allows(_ bytes: Int) -> Bool {
        !source.isRemote || begun - settled.bytes + Int64(bytes) <= Settler.window
    }

    /// A chunk is fetched; all that was fetched before is unpacked where this has to wait.
    func begin(_ bytes: Int) throws(Fault) {
        guard source.isRemote else { return }
        while !allows(bytes), queue.count > 0 || done.bytes > settled.bytes {
            if queue.count == 0 { try start() }
            if try queue.next() != nil { finish() }
        }
        begun += Int64(bytes)
    }

    /// A chunk is unpacked.
    ///
    /// - Parameters:
    ///   - bytes: what it cost: bytes fetched from a remote source, bytes written from a local one.
    ///   - offset: up to where the source will not be read again.
    /// - Throws: the fault of a sync that failed.
    func unpacked(_ bytes: Int, upTo offset: Int64) throws(Fault) {
        done.bytes += Int64(bytes)
        done.offset = max(done.offset, offset)
        if try queue.nextIfDone() != nil { finish() }
        guard step > 0, queue.count == 0, done.bytes - settled.bytes >= step else { return }
        try start()
    }

    private func start() throws(Fault) {
        underWay = done
        try queue.submit((), cost: 1)
    }

    private func finish() {
        settled = underWay
        source.settle(below: settled.offset)
    }
}
