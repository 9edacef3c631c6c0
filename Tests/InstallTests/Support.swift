import Archive
import Bundle
import DurableFiles
import Faults
import Install
import Sealing
import TestKit
import Testing

/// The fault that a body throws.
func fault(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws -> Fault {
    try #require(throws: Fault.self, sourceLocation: sourceLocation, performing: body)
}

/// Forgets what it is told, but for how much it was.
final class CountingReceiver: EntryReceiver {
    private(set) var entries: [ArchiveEntry] = []
    private(set) var bytes = 0

    func begin(_ entry: ArchiveEntry) throws(Fault) { entries.append(entry) }
    func data(_ more: Span<UInt8>, at offset: Int64) throws(Fault) { bytes += more.count }
    func end() throws(Fault) {}
}

/// Everything that an install does with a bundle's bytes: verify, open, check, unpack.
@discardableResult
func unpack(
    _ source: any ByteSource, device: UInt8? = 7, trusting signers: [UInt8] = [1],
    threshold: Int = 1, into receiver: any EntryReceiver = CountingReceiver(),
    checkpoint: @escaping (PipeProgress) throws(Fault) -> Void = { _ in }
) throws -> ArchiveTotals {
    let root = try TestKeys.root(signers, threshold: threshold)
    let bundle = try VerifiedBundle.open(source, root: root)
    var key: X25519SecretKey?
    if let device { key = try TestKeys.device(device) }
    let keys = try bundle.openKeys(with: key)
    return try bundle.unpack(keys: keys, into: receiver, checkpoint: checkpoint)
}

/// Makes a hostile bundle, tries to install it into a slot, and returns the refusal.
///
/// The slot is a directory below a scratch directory, beside files that must stay as they are.
func refusal(
    of maker: BundleMaker, device: UInt8? = 7, trusting signers: [UInt8] = [1], threshold: Int = 1,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> Fault {
    let made = try maker.make()
    return try withScratch { directory in
        let slot = try directory.make("slot")
        let canary = Array("untouched".utf8)
        try directory.create("canary").write(canary.span, "canary")
        let writer = try TreeWriter(below: slot)
        let fault = try fault(sourceLocation: sourceLocation) {
            try unpack(
                MemorySource(made.bytes), device: device, trusting: signers, threshold: threshold,
                into: writer)
        }
        #expect(
            try directory.names() == ["canary", "slot"], "something was written outside the slot",
            sourceLocation: sourceLocation)
        #expect(
            try directory.read("canary", limit: 100) == canary, sourceLocation: sourceLocation)
        #expect(
            fault.message.hasSuffix(".") && fault.message.count > 20,
            "“\(fault.message)” is no sentence", sourceLocation: sourceLocation)
        return fault
    }
}

/// An archive whose header at `offset` was changed, with the checksum that then belongs to it.
func bent(
    _ archive: [UInt8], headerAt offset: Int = 0, _ change: (inout [UInt8]) -> Void
) -> [UInt8] {
    var header = Array(archive[offset..<offset + 512])
    change(&header)
    header.replaceSubrange(148..<156, with: repeatElement(0x20, count: 8))
    let digits = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    let padded = String(repeating: "0", count: 6 - digits.count) + digits
    header.replaceSubrange(148..<156, with: Array(padded.utf8) + [0, 0x20])
    var archive = archive
    archive.replaceSubrange(offset..<offset + 512, with: header)
    return archive
}

extension [UInt8] {
    /// Puts a text at a place, and zeros after it as far as `width`.
    mutating func put(_ text: String, at offset: Int, width: Int) {
        let bytes = Array(text.utf8.prefix(width))
        let padded = bytes + [UInt8](repeating: 0, count: width - bytes.count)
        replaceSubrange(offset..<offset + width, with: padded)
    }
}
