import Archive
import Bundle
import DurableFiles
import Faults
import Install
import Sealing
import Testing
import Transport
import Trust

@testable import Building

/// What a delta holds, decoded.
struct DecodedDelta {
    let manifest: Manifest
    var paths: [String] = []
    var entries: [IndexEntry] = []
    /// The archive stream.
    var stream: [UInt8] = []

    func count(_ codec: ChunkCodec) -> Int { entries.count { $0.codec == codec } }
}

extension Workshop {
    /// Makes the delta between two bundles of the workshop.
    @discardableResult
    func delta(
        _ old: String = "old.nacelle", _ new: String = "new.nacelle",
        to output: String = "delta.nacelle", key: String? = nil, recipients: [String] = [],
        workers: Int = 2, signing: [String] = ["one"]
    ) throws -> DeltaBuilder.Result {
        var options = DeltaOptions(root: at("root.json"))
        options.key = key.map { at("\($0).key") }
        options.signingKeys = signing.map { at("\($0).key") }
        options.recipients = try recipients.map { try KeyReading.recipient(at("\($0).pub")) }
        options.level = 3
        options.workers = workers
        return try DeltaBuilder(options: options).build(
            from: at(old), to: at(new), at: at(output))
    }

    /// Decodes a delta over a tree of its base; every digest of the index is held against the bytes.
    func decode(
        _ name: String = "delta.nacelle", over tree: String, key: String? = nil
    ) throws -> DecodedDelta {
        let root = try VerifiedRoot.load(try read("root.json"))
        let source = try FileSource(path: at(name))
        let bundle = try VerifiedBundle.open(source, root: root)
        let secret: X25519SecretKey? =
            switch key {
            case .some(let key): try KeyReading.recipientSecret(at("\(key).key"))
            case .none: nil
            }
        let keys = try bundle.openKeys(with: secret)
        let preamble = try VerifiedBundle.readEnvelope(source).preamble
        let place = IndexPlace(source: source, preamble: preamble, manifest: bundle.manifest)
        var decoded = DecodedDelta(manifest: bundle.manifest)
        try place.forEachPage(keys: keys) { (page) throws(Fault) in
            switch page {
            case .paths(_, let paths): decoded.paths += paths
            case .chunks(_, _, let entries): decoded.entries += entries
            }
        }
        // The device's own reader must take the index as it is.
        var reader = try IndexReader(bundle, keys: keys)
        var chunks = 0
        while try reader.next() != nil { chunks += 1 }
        #expect(chunks == decoded.entries.count)
        var pipe = try DeltaPipe(
            workshop: self, source: source, pack: preamble.packOffset, keys: keys)
        for entry in decoded.entries {
            decoded.stream += try pipe.plain(entry, decoded.paths, tree)
        }
        #expect(try SHA256.digest(of: decoded.stream) == bundle.manifest.stream.digest)
        return decoded
    }
}

/// Decodes chunks one by one.
private struct DeltaPipe: ~Copyable {
    let workshop: Workshop
    let source: FileSource
    let pack: Int64
    var cipher: ChunkCipher?
    var decoder: ChunkDecoder

    init(
        workshop: Workshop, source: FileSource, pack: Int64, keys: borrowing ContentKeys?
    ) throws(Fault) {
        self.workshop = workshop
        self.source = source
        self.pack = pack
        cipher =
            switch keys {
            case .some(let keys): try keys.packCipher()
            case .none: nil
            }
        decoder = try ChunkDecoder()
    }

    mutating func plain(
        _ entry: IndexEntry, _ paths: [String], _ tree: String
    ) throws -> [UInt8] {
        var base: [UInt8] = []
        if let range = entry.base {
            let file = try FileSource(path: workshop.at("\(tree)/\(paths[Int(range.path)])"))
            base = try file.read(at: range.offset, count: range.length)
            try #require(try SHA256.digest(of: base) == range.digest)
        }
        guard let stored = entry.stored else { return base }
        var coded = try source.read(at: pack + stored.position, count: stored.length)
        try #require(try SHA256.digest(of: coded) == stored.digest)
        if let seal = stored.sealNumber {
            var opened = [UInt8](repeating: 0, count: coded.count - ChunkCipher.overhead)
            let length = try cipher?.open(coded.span, number: seal, into: &opened)
            try #require(length != nil)
            coded = opened
        }
        var plain = [UInt8](repeating: 0, count: entry.plainLength)
        try decoder.decode(coded.span, as: entry, base: base.span, into: &plain)
        try #require(try SHA256.digest(of: plain) == entry.plainDigest)
        return plain
    }
}
