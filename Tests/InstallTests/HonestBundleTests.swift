import Archive
import Bundle
import DurableFiles
import Faults
import Install
import Sealing
import StrictJSON
import TestKit
import Testing

@Suite struct HonestBundleTests {
    @Test(arguments: [false, true])
    func `a bundle unpacks to the tree that its manifest names`(isSealed: Bool) throws {
        let maker = isSealed ? BundleMaker.sealed : BundleMaker()
        let made = try maker.make()
        #expect(made.manifest.index.pages >= 2)
        try withScratch { directory in
            let slot = try directory.make("slot")
            let writer = try TreeWriter(below: slot)
            var last: PipeProgress?
            let totals = try unpack(MemorySource(made.bytes), into: writer) { last = $0 }
            try writer.finish()
            #expect(totals.entries == maker.entries.count)
            #expect(totals.streamBytes == made.manifest.stream.length)
            let progress = try #require(last)
            #expect(progress.fetched == progress.fetchTotal)
            #expect(progress.plain == progress.plainTotal)
            let scanner = TreeScanner(reading: .cached, refusal: .slotAltered)
            #expect(try scanner.scan(slot).digest == made.manifest.tree.digest)
        }
    }

    @Test func `the chunks of a pipe are the archive stream`() throws {
        let made = try BundleMaker.sealed.make()
        let bundle = try VerifiedBundle.open(
            MemorySource(made.bytes), root: try TestKeys.root())
        let keys = try bundle.openKeys(with: try TestKeys.device(7))
        let pipe = try ChunkPipe(bundle, keys: keys) { _ in }
        var stream: [UInt8] = []
        var piece: [UInt8] = []
        while true {
            let count = try pipe.next(into: &piece)
            guard count > 0 else { break }
            stream += piece[..<count]
        }
        #expect(stream == made.archive)
    }

    @Test func `what was verified names the signers and the signed bytes`() throws {
        var maker = BundleMaker()
        maker.signers = [1, 2]
        let made = try maker.make()
        let root = try TestKeys.root([1, 2, 3], threshold: 2)
        let bundle = try VerifiedBundle.open(MemorySource(made.bytes), root: root)
        #expect(bundle.manifest == made.manifest)
        #expect(bundle.signers.count == 2)
        #expect(try bundle.manifestDigest == SHA256.digest(of: made.manifest.json.compact))
        #expect(try bundle.recipients().entries.isEmpty)
    }

    @Test func `an unsealed bundle needs no key and takes none`() throws {
        let made = try BundleMaker().make()
        let bundle = try VerifiedBundle.open(
            MemorySource(made.bytes), root: try TestKeys.root())
        let withKey = try bundle.openKeys(with: try TestKeys.device(7)) == nil
        let without = try bundle.openKeys(with: nil) == nil
        #expect(withKey && without)
    }

    @Test func `each of several recipients opens the bundle`() throws {
        var maker = BundleMaker.sealed
        maker.recipients = [7, 8, 9]
        let made = try maker.make()
        for device: UInt8 in [7, 8, 9] { try unpack(MemorySource(made.bytes), device: device) }
    }

    @Test
    func `the check of a pack reads each stored byte and needs no content key but the index's`()
        throws
    {
        let made = try BundleMaker.sealed.make()
        let source = MemorySource(made.bytes)
        let bundle = try VerifiedBundle.open(source, root: try TestKeys.root())
        let keys = try bundle.openKeys(with: try TestKeys.device(7))
        let before = source.requested
        var calls = 0
        try PackCheck.run(bundle, keys: keys) { _ in calls += 1 }
        #expect(calls == made.manifest.index.chunks)
        #expect(source.requested - before == made.manifest.index.length + made.manifest.packLength)
    }

    @Test func `chunks that repeat are stored once and read twice`() throws {
        var maker = BundleMaker()
        let block = [UInt8](repeating: 9, count: 4096)
        maker.entries = [BundleMaker.file("a", block + block)]
        maker.bendEntries = { entries, pack in
            // The archive's chunks 1 and 2 hold the same bytes as the file repeats itself.
            let last = entries.count - 1
            entries[2].stored = entries[1].stored
            let removed = entries[1].stored?.length ?? 0
            let place = Int(entries[1].stored?.position ?? 0) + removed
            pack.removeSubrange(place..<place + removed)
            for number in 3...last { entries[number].stored?.position -= Int64(removed) }
        }
        try unpack(MemorySource(try maker.make().bytes))
    }

    @Test func `a checkpoint that throws stops the pipe and the check at once`() throws {
        let made = try BundleMaker().make()
        for stopAt in 0..<made.manifest.index.chunks {
            var calls = 0
            let stop: (PipeProgress) throws(Fault) -> Void = { _ throws(Fault) in
                calls += 1
                if calls > stopAt { throw Fault(.cancelled, "Stopped by the test, as it wanted.") }
            }
            #expect(
                try fault { try unpack(MemorySource(made.bytes), checkpoint: stop) }.code
                    == .cancelled)
            #expect(calls == stopAt + 1)
            calls = 0
            let bundle = try VerifiedBundle.open(
                MemorySource(made.bytes), root: try TestKeys.root())
            #expect(
                try fault { try PackCheck.run(bundle, keys: nil, checkpoint: stop) }.code
                    == .cancelled)
            #expect(calls == stopAt + 1)
        }
    }
}
