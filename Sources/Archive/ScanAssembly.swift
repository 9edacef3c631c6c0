internal import DurableFiles
internal import Faults
internal import Sealing
internal import Workers

/// Puts a tree digest together: the walk's entries in their order, and the files' digests, which
/// several threads compute while the walk goes on.
///
/// The walk is never further ahead of the digests than some thousand entries, so memory is bounded.
/// Small files go to the threads in batches, so that handing over costs little beside the work.
final class ScanAssembly {
    /// The bytes read since the last time, told on the thread that scans.
    typealias Tell = (Int) throws(Fault) -> Void

    private static let maxWorkers = 4
    private static let maxJobs = 32
    private static let maxLines = 2048
    private static let batchFiles = 64
    private static let batchBytes = ContentDigester.largeFrom
    // Each keeps a descriptor open.
    private static let batchParents = 4

    /// A file whose digest may still be on its way.
    private final class FileNote {
        let path: String
        var digest: Digest?
        init(_ path: String) { self.path = path }
    }

    private struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private enum Line {
        case directory(path: String, mode: UInt32)
        case link(path: String, target: String)
        case file(path: String, mode: UInt32, size: Int64, FileNote, isFirst: Bool)
    }

    private struct Batch {
        var files: [FileToDigest] = []
        var notes: [FileNote] = []
        var bytes: Int64 = 0
        var parents = 0

        mutating func add(_ file: FileToDigest, _ note: FileNote) {
            if files.last?.parent !== file.parent { parents += 1 }
            files.append(file)
            notes.append(note)
            bytes += file.size
        }
    }

    private let queue: OrderedQueue<[FileToDigest], [Digest]>
    private let modeMask: UInt32
    private var tree: TreeDigest
    private var targets: SHA256
    private var groups: [Identity: FileNote] = [:]
    /// What is to be added to the tree digest, from `next` on.
    private var lines: [Line] = []
    private var next = 0
    private var batch = Batch()
    /// The files of the jobs that are under way, in the queue's order.
    private var submitted: [[FileNote]] = []

    init(_ reading: TreeScanner.Reading, modeMask: UInt32) throws(Fault) {
        queue = try OrderedQueue(
            name: "digest", workers: min(WorkerPool.processors, Self.maxWorkers),
            maxJobs: Self.maxJobs, maxCost: .max,
            state: { () throws(Fault) in try ContentDigester(reading) },
            work: {
                (digester: inout ContentDigester, files: [FileToDigest], report) throws(Fault) in
                try digester.digest(files, report)
            })
        tree = try TreeDigest()
        targets = try SHA256()
        self.modeMask = modeMask
    }

    /// Takes the walk's next entry.
    func add(_ found: borrowing TreeWalk.Found, _ tell: Tell) throws(Fault) {
        let mode = found.info.mode & modeMask
        switch found.info.kind {
        case .directory: lines.append(.directory(path: found.path, mode: mode))
        case .link: lines.append(.link(path: found.path, target: found.target ?? ""))
        case .file, .other: try addFile(found, mode, tell)
        }
        if lines.count - next > Self.maxLines {
            try submit(tell)
            while lines.count - next > Self.maxLines, try takeOne(tell) {}
        }
    }

    /// The tree, after its last entry.
    func finish(_ tell: Tell) throws(Fault) -> TreeSummary {
        try submit(tell)
        while try takeOne(tell) {}
        try addLines()
        return try tree.finish()
    }

    private func addFile(
        _ found: borrowing TreeWalk.Found, _ mode: UInt32, _ tell: Tell
    ) throws(Fault) {
        let identity = Identity(device: found.info.device, inode: found.info.inode)
        let first = found.info.links > 1 ? groups[identity] : nil
        let note = first ?? FileNote(found.path)
        lines.append(
            .file(
                path: found.path, mode: mode, size: found.info.size, note, isFirst: first == nil))
        guard first == nil else { return }
        if found.info.links > 1 { groups[identity] = note }
        let file = FileToDigest(
            parent: found.parent, name: found.name, inode: found.info.inode,
            size: found.info.size)
        if file.size > Self.batchBytes - batch.bytes { try submit(tell) }
        batch.add(file, note)
        if batch.bytes >= Self.batchBytes || batch.files.count == Self.batchFiles
            || batch.parents == Self.batchParents
        {
            try submit(tell)
        }
    }

    /// Hands the batch over, when there is room for it.
    private func submit(_ tell: Tell) throws(Fault) {
        guard !batch.files.isEmpty else { return }
        while !queue.hasRoom(cost: 0), try takeOne(tell) {}
        try queue.submit(batch.files, cost: 0)
        submitted.append(batch.notes)
        batch = Batch()
    }

    /// Waits for the oldest job's digests; `false` where none is under way.
    private func takeOne(_ tell: Tell) throws(Fault) -> Bool {
        guard let digests = try queue.next(reporting: tell) else { return false }
        for (note, digest) in zip(submitted.removeFirst(), digests) { note.digest = digest }
        try addLines()
        return true
    }

    /// Adds to the tree digest the lines of which all is known.
    private func addLines() throws(Fault) {
        while next < lines.count, try add(lines[next]) { next += 1 }
        if next == lines.count || next >= Self.maxLines {
            lines.removeFirst(next)
            next = 0
        }
    }

    private func add(_ line: Line) throws(Fault) -> Bool {
        switch line {
        case .directory(let path, let mode): try tree.directory(path, mode: mode)
        case .link(let path, let target):
            let digest = try targets.digest(Array(target.utf8).span)
            try tree.link(path, target: target, digest: digest)
        case .file(let path, let mode, let size, let note, let isFirst):
            guard let digest = note.digest else { return false }
            try tree.file(
                path, mode: mode, size: size, digest: digest, group: isFirst ? nil : note.path)
        }
        return true
    }
}
