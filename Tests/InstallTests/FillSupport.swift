import Archive
import Bundle
import DurableFiles
import Faults
import Glibc
import Sealing
import TestKit
import Testing

@testable import Install

/// What an install of a test did.
struct Filled {
    var plan = FillPlan()
    /// Bytes of the pack that were read, and of the full bundle's.
    var read: Int64 = 0
    var written: Int64 = 0
    var isContinued = false
    /// What ended it before its end.
    var fault: Fault?
}

/// Installs bundles below one scratch directory as an agent does: `running` holds what runs, `slot` is
/// filled, `journal` and `indexes` are what the store keeps.
struct Bench {
    let scratch: String
    var isSettled = false
    /// What makes durable in place of the disk.
    var sync: (@Sendable () throws(Fault) -> Void)?

    func directory(_ name: String) throws -> Directory {
        try Directory.open(path: scratch).openOrMake(name)
    }

    /// Fills `slot`, or goes on with it, until the checkpoint number `stop`.
    func fill(
        _ made: BundleMaker.Made, from source: PricedSource, stop: Int? = nil,
        running: Digest? = nil, isBase: Bool = false, watcher: (any DamageWatcher)? = nil
    ) throws -> Filled {
        let bundle = try VerifiedBundle.open(source, root: try TestKeys.root())
        let keys = try bundle.openKeys(with: try TestKeys.device(7))
        let stream = made.manifest.stream.digest
        let notes = try directory("journal")
        var journal: FillJournal?
        var spare: TreeFiles?
        if FillJournal.exists(in: notes, stream: stream) {
            journal = try FillJournal(in: notes, stream: stream, continuing: true)
            spare = try TreeFiles(directory("slot"))
        }
        let local = try self.local(running, isBase, journal, spare)
        var filled = Filled(plan: try FillPlan.make(bundle, keys: keys, local: local))
        filled.isContinued = journal?.isContinued == true
        let before = source.packBytes
        defer { filled.read = source.packBytes - before }
        do throws(Fault) {
            let slot = try begin(journal == nil, local, notes, stream)
            var supply = ChunkSupply(plan: filled.plan, local: local, watcher: watcher)
            if isSettled {
                supply.settler = try Settler(
                    try FileSystem.of(slot), source: source, localStep: 1 << 20)
            }
            if let sync {
                supply.settler = try Settler(source: source, localStep: 1 << 20, sync: sync)
            }
            guard let journal = local.journal else { return filled }
            var calls = 0
            filled.written = try bundle.fill(slot, keys: keys, supply: supply, journal: journal) {
                _ throws(Fault) in
                if calls == stop { throw Fault(.cancelled, "Stopped by the test, as it wanted.") }
                calls += 1
            }
        } catch {
            filled.fault = error
        }
        filled.read = source.packBytes - before
        return filled
    }

    private func local(
        _ running: Digest?, _ isBase: Bool, _ journal: FillJournal?, _ spare: TreeFiles?
    ) throws -> LocalChunks {
        guard let running else { return LocalChunks(journal: journal, spareFiles: spare) }
        let files = try TreeFiles(directory("running"))
        let index = try Directory.open(path: scratch).openFile("running.index")
        guard let index, let opened = try? SlotIndex.open(index, digest: running, name: "index")
        else {
            return LocalChunks(
                runningFiles: files, isBase: isBase, journal: journal, spareFiles: spare)
        }
        return LocalChunks(
            running: opened, runningFiles: files, isBase: isBase, journal: journal,
            spareFiles: spare)
    }

    private func begin(
        _ isNew: Bool, _ local: LocalChunks, _ notes: borrowing Directory, _ stream: Digest
    ) throws(Fault) -> Directory {
        let root = try Directory.open(path: scratch)
        guard isNew else { return try root.open("slot") }
        try root.removeTree("slot")
        let slot = try root.make("slot")
        local.begin(
            try FillJournal(in: notes, stream: stream, continuing: false),
            files: try TreeFiles(slot))
        return slot
    }

    /// Installs a bundle as what runs.
    ///
    /// - Returns: the digest of its index.
    func run(_ made: BundleMaker.Made) throws -> Digest {
        let source = PricedSource(made, isRemote: false)
        let filled = try fill(made, from: source)
        if let fault = filled.fault { throw fault }
        let root = try Directory.open(path: scratch)
        try root.removeTree("running")
        try root.rename("slot", to: "running")
        let digest = try writeIndex(made, source, "running.index")
        try root.removeTree("journal")
        return digest
    }

    /// Writes the index of what was filled last.
    func writeIndex(
        _ made: BundleMaker.Made, _ source: PricedSource, _ name: String
    ) throws -> Digest {
        let root = try Directory.open(path: scratch)
        let bundle = try VerifiedBundle.open(source, root: try TestKeys.root())
        let keys = try bundle.openKeys(with: try TestKeys.device(7))
        let journal = try FillJournal(
            in: root.openOrMake("journal"), stream: made.manifest.stream.digest, continuing: true)
        try root.remove(name)
        return try SlotIndex.write(
            of: bundle, keys: keys, journal: journal, to: root.create(name), name: name)
    }

    /// What the filled slot is.
    func tree(_ name: String = "slot") throws -> Digest {
        try TreeScanner(reading: .cached, refusal: .slotAltered).scan(directory(name)).digest
    }
}

/// Runs a test with a bench in a fresh directory.
func withBench<Answer>(_ body: (Bench) throws -> Answer) throws -> Answer {
    try withScratch { try body(Bench(scratch: $0.path)) }
}

/// The bundle's chunks, by its index.
func chunks(of made: BundleMaker.Made) throws -> [(range: Range<Int64>, entry: IndexEntry)] {
    let source = PricedSource(made, isRemote: false)
    let bundle = try VerifiedBundle.open(source, root: try TestKeys.root())
    let keys = try bundle.openKeys(with: try TestKeys.device(7))
    var index = try IndexReader(bundle, keys: keys)
    var list: [(range: Range<Int64>, entry: IndexEntry)] = []
    var start: Int64 = 0
    while let entry = try index.next() {
        list.append((start..<start + Int64(entry.plainLength), entry))
        start += Int64(entry.plainLength)
    }
    return list
}

/// Writes down what it is told, and gives a full bundle where it has one.
final class Watcher: DamageWatcher {
    private(set) var told: [(path: String, bytes: Int64)] = []
    var full: PricedSource?
    var limit = Int64.max

    func damaged(_ path: String, fetching bytes: Int64) throws(Fault) {
        told.append((path, bytes))
        guard told.reduce(0, { $0 + $1.bytes }) <= limit else {
            throw Fault(.budget, "The test allows \(limit) bytes more, and no further one.")
        }
    }

    func fullBundle() throws(Fault) -> FullStretch {
        guard let full else {
            throw Fault(.baseDamaged, "The test has no full bundle to fetch from.")
        }
        let bundle = try VerifiedBundle.open(full, root: try TestKeys.root())
        return try FullStretch(bundle, keys: try bundle.openKeys(with: try TestKeys.device(7)))
    }
}

/// A file of a slot, opened for writing.
func writable(_ directory: borrowing Directory, _ name: String) throws -> Descriptor {
    guard let file = try directory.openFile(name, flags: O_RDWR) else {
        throw Fault(.notFound, "The file \(name) of the test is not there.")
    }
    return file
}
