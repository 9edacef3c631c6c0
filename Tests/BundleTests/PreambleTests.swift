import Faults
import Sealing
import TestKit
import Testing

@testable import Bundle

/// 64 bytes with any fields, and with the digest that belongs to them.
private func raw(
    magic: [UInt8] = Preamble.magic, version: UInt64 = 1, zero: UInt64 = 0, envelope: UInt64 = 100,
    recipients: UInt64 = 0, zero2: UInt64 = 0, index: UInt64 = 200, pack: UInt64 = 300
) throws -> [UInt8] {
    var bytes = magic + little(version, 2) + little(zero, 2) + little(envelope, 4)
    bytes += little(recipients, 4) + little(zero2, 4) + little(index, 8) + little(pack, 8)
    bytes += [UInt8](repeating: 9, count: 16)
    return bytes + (try SHA256.digest(of: bytes).bytes.prefix(8))
}

private func read(_ bytes: [UInt8]) throws(Fault) -> Preamble { try Preamble.read(bytes.span) }

@Suite struct PreambleTests {
    @Test(arguments: SeededGenerator.seeds(20))
    func `a preamble reads back as it was written`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let envelope = random.bytes(Int.random(in: 0...5000, using: &random))
        let recipients = random.bytes(Int.random(in: 0...5000, using: &random))
        let preamble = try Preamble(
            envelope: envelope, recipients: recipients,
            index: Int64.random(in: 0...BundleLimits.indexBytes, using: &random),
            pack: Int64.random(in: 0...BundleLimits.packBytes, using: &random))
        let bytes = try preamble.encoded()
        #expect(bytes.count == Preamble.length)
        let again = try read(bytes)
        #expect(again == preamble)
        #expect(again.recipientsOffset == Int64(64 + envelope.count))
        #expect(again.indexOffset == again.recipientsOffset + Int64(recipients.count))
        #expect(again.packOffset == again.indexOffset + preamble.index)
        #expect(again.fileLength == again.packOffset + preamble.pack)
        #expect(try again.matches(head: envelope + recipients))
        if !envelope.isEmpty {
            var other = envelope
            other[Int.random(in: other.indices, using: &random)] ^= 1
            #expect(try !again.matches(head: other + recipients))
        }
        #expect(try !again.matches(head: envelope + recipients + [0]))
    }

    @Test func `the bytes are where the specification says`() throws {
        let preamble = try Preamble(
            envelope: [1, 2, 3], recipients: [4, 5], index: 0x0102_0304, pack: 0x05_0607_0809)
        let bytes = try preamble.encoded()
        #expect(bytes[0..<8].elementsEqual([0x89, 0x4E, 0x43, 0x4C, 0x0D, 0x0A, 0x1A, 0x0A]))
        #expect(bytes[8..<12].elementsEqual([1, 0, 0, 0]))
        #expect(bytes[12..<16].elementsEqual([3, 0, 0, 0]))
        #expect(bytes[16..<20].elementsEqual([2, 0, 0, 0]))
        #expect(bytes[20..<24].elementsEqual([0, 0, 0, 0]))
        #expect(bytes[24..<32].elementsEqual([4, 3, 2, 1, 0, 0, 0, 0]))
        #expect(bytes[32..<40].elementsEqual([9, 8, 7, 6, 5, 0, 0, 0]))
        let head = try SHA256.digest(of: [1, 2, 3, 4, 5]).bytes
        #expect(bytes[40..<56].elementsEqual(head[..<16]))
        let all = try SHA256.digest(of: Array(bytes[..<56])).bytes
        #expect(bytes[56...].elementsEqual(all[..<8]))
    }

    @Test func `every flipped bit is refused`() throws {
        try everyFlip(try raw()) { bytes, bit in
            let fault = try fault { _ = try read(bytes) }
            #expect(fault.code == .malformed, "bit \(bit)")
            expectSentence(fault)
        }
    }

    @Test func `every truncation is refused, and what follows does not matter`() throws {
        let bytes = try raw()
        for count in 0..<Preamble.length {
            let fault = try fault { _ = try read(Array(bytes[..<count])) }
            #expect(fault.code == .malformed)
            #expect(fault.message.contains("\(count) bytes"))
        }
        #expect(try read(bytes + [1, 2, 3]) == read(bytes))
    }

    @Test(arguments: [UInt64(0), 2, 256, 65535])
    func `another format version is named, not called damage`(version: UInt64) throws {
        let fault = try fault { _ = try read(try raw(version: version)) }
        #expect(fault.code == .unsupported)
        #expect(fault.message.contains("version \(version);"))
    }

    @Test func `another magic is no bundle even under a right digest`() throws {
        let zip = Array("PK\u{3}\u{4}\0\0\0\0".utf8)
        #expect(try fault { _ = try read(try raw(magic: zip)) }.message.contains("begin as one"))
        // What a transfer in text mode makes of the line end.
        let mangled: [UInt8] = [0x89, 0x4E, 0x43, 0x4C, 0x0A, 0x1A, 0x0A, 1]
        #expect(try fault { _ = try read(try raw(magic: mangled)) }.code == .malformed)
    }

    @Test func `reserved bytes must be zero`() throws {
        #expect(try fault { _ = try read(try raw(zero: 1)) }.message.contains("Reserved"))
        #expect(try fault { _ = try read(try raw(zero2: 1 << 31)) }.message.contains("Reserved"))
    }

    @Test func `each length is accepted at its limit and refused past it`() throws {
        let envelope = UInt64(BundleLimits.envelopeBytes)
        let recipients = UInt64(Recipients.maximumLength)
        let index = UInt64(BundleLimits.indexBytes)
        let pack = UInt64(BundleLimits.packBytes)
        let preamble = try read(
            try raw(envelope: envelope, recipients: recipients, index: index, pack: pack))
        #expect(preamble.fileLength == Int64(64 + envelope + recipients + index + pack))
        for past in [
            try raw(envelope: envelope + 1), try raw(recipients: recipients + 1),
            try raw(index: index + 1), try raw(pack: pack + 1), try raw(index: .max),
            try raw(pack: .max), try raw(envelope: UInt64(UInt32.max)),
        ] {
            let fault = try fault { _ = try read(past) }
            #expect(fault.code == .malformed)
            #expect(fault.message.contains("at most"))
        }
    }

    @Test func `what no reader takes is not written`() throws {
        let long = [UInt8](repeating: 0, count: BundleLimits.envelopeBytes + 1)
        for body in [
            { try Preamble(envelope: long, recipients: [], index: 1, pack: 1) },
            { try Preamble(envelope: [], recipients: [], index: -1, pack: 1) },
            { try Preamble(envelope: [], recipients: [], index: 1, pack: .max) },
        ] {
            #expect(try fault { _ = try body() }.code == .source)
        }
    }
}
