import Archive
import Bundle
import Faults
import Install
import Sealing
import TestKit

/// What a signer gone bad can reach: pages, stored chunks and streams under a valid signature, through
/// the whole pipe.
enum PipeTargets {
    static let all = [
        FuzzTarget("signed-index", "a signed bundle's index pages", read: index),
        FuzzTarget("signed-pack", "a signed bundle's stored chunks, through the pipe", read: pack),
    ]

    /// Forgets what it is told.
    private final class Nowhere: EntryReceiver {
        func begin(_ entry: ArchiveEntry) throws(Fault) {}
        func data(_ more: Span<UInt8>, at offset: Int64) throws(Fault) {}
        func end() throws(Fault) {}
    }

    private static func index(_ input: [UInt8]) throws {
        var feed = Feed(input)
        var pages: [[UInt8]] = []
        while pages.count < 8 {
            let page = feed.run(feed.number(2))
            guard !page.isEmpty else { break }
            pages.append(page)
        }
        guard !pages.isEmpty else { return }
        try unpack { $0.bendPages = { $0 = pages } }
    }

    /// The number of a chunk, and what is stored in its place.
    private static func pack(_ input: [UInt8]) throws {
        var feed = Feed(input)
        let number = feed.byte()
        let stored = feed.remaining
        guard !stored.isEmpty else { return }
        try unpack { $0.bendCoded = { $0[number % $0.count] = stored } }
    }

    private static func unpack(_ bend: (inout BundleMaker) -> Void) throws {
        var maker = BundleMaker()
        bend(&maker)
        let made = try maker.make()
        let bundle = try again("a signed bundle") {
            try VerifiedBundle.open(MemorySource(made.bytes), root: FuzzKeys.get().root)
        }
        let keys = try bundle.openKeys(with: nil)
        let totals = try bundle.unpack(keys: keys, into: Nowhere(), checkpoint: { _ in })
        try hold(totals.streamBytes == made.manifest.stream.length, "another stream")
    }
}
