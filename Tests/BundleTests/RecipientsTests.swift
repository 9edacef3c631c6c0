import Faults
import Sealing
import TestKit
import Testing

@testable import Bundle

private func read(_ bytes: [UInt8]) throws(Fault) -> Recipients {
    try Recipients(reading: bytes.span)
}

private func raw(
    magic: String = "NRCP", version: UInt64 = 1, count: UInt64, entries: Int? = nil
) -> [UInt8] {
    var bytes = Array(magic.utf8) + little(version, 2) + little(count, 2)
    for number in 0..<(entries ?? Int(count)) {
        bytes += little(UInt64(number), 16) + [UInt8](repeating: 5, count: 80)
    }
    return bytes
}

@Suite struct RecipientsTests {
    @Test func `everyone on the list opens the content key, and nobody else`() throws {
        var list = Recipients()
        for seed: UInt8 in 1...3 {
            let key = try TestKeys.device(seed).publicKey
            try list.add(key, contentKey: try TestKeys.secret(9))
        }
        let again = try read(list.encoded)
        #expect(again == list)
        #expect(list.encoded.count == 8 + 3 * 96)
        for seed: UInt8 in 1...3 {
            let opened = try again.open(with: try TestKeys.device(seed))
            let bytes = try opened.withBytes { (span) throws(Fault) in span.indices.map { span[$0] }
            }
            #expect(bytes == [UInt8](repeating: 9, count: 32))
        }
        let fault = try fault { _ = try again.open(with: try TestKeys.device(4)) }
        #expect(fault.code == .notRecipient)
        #expect(fault.message.contains("3 recipients"))
    }

    @Test func `a recipient stands on the list once and can be taken off`() throws {
        var list = Recipients()
        let key = try TestKeys.device(1).publicKey
        try list.add(key, contentKey: try TestKeys.secret(9))
        let before = list
        try list.add(key, contentKey: try TestKeys.secret(8))
        #expect(list == before)
        #expect(try list.remove(id: key.id()))
        #expect(try !list.remove(id: key.id()))
        #expect(list.encoded.isEmpty)
    }

    @Test func `a flipped bit is refused, or leaves a list that opens to the key or to nothing`()
        throws
    {
        var list = Recipients()
        let device = try TestKeys.device(1)
        try list.add(device.publicKey, contentKey: try TestKeys.secret(9))
        try everyFlip(list.encoded) { bytes, bit in
            let fault = try fault { _ = try read(bytes).open(with: device) }
            #expect([.malformed, .unsupported, .notRecipient].contains(fault.code), "bit \(bit)")
            expectSentence(fault)
        }
    }

    @Test func `every truncation and whatever follows is refused`() throws {
        let bytes = raw(count: 2)
        for count in bytes.indices {
            #expect(try fault { _ = try read(Array(bytes[..<count])) }.code == .malformed)
        }
        #expect(try fault { _ = try read(bytes + [0]) }.message.contains("1 more"))
        #expect(try fault { _ = try read(raw(count: 2, entries: 3)) }.code == .malformed)
    }

    @Test func `another magic or version is refused`() throws {
        #expect(try fault { _ = try read(raw(magic: "NRCQ", count: 1)) }.code == .malformed)
        for version: UInt64 in [0, 2, 65535] {
            let fault = try fault { _ = try read(raw(version: version, count: 1)) }
            #expect(fault.code == .unsupported)
            #expect(fault.message.contains("version \(version),"))
        }
    }

    @Test func `the count is bounded`() throws {
        #expect(try fault { _ = try read(raw(count: 0)) }.code == .malformed)
        let most = raw(count: UInt64(BundleLimits.recipients))
        #expect(most.count == Recipients.maximumLength)
        #expect(try read(most).entries.count == BundleLimits.recipients)
        let past = raw(count: UInt64(BundleLimits.recipients) + 1)
        #expect(try fault { _ = try read(past) }.message.contains("4097"))
        #expect(try fault { _ = try read(raw(count: 65535, entries: 1)) }.code == .malformed)
    }

    @Test func `a full list takes nobody more`() throws {
        var list = try read(raw(count: UInt64(BundleLimits.recipients)))
        let key = try TestKeys.device(1).publicKey
        let fault = try fault { try list.add(key, contentKey: try TestKeys.secret(9)) }
        #expect(fault.code == .keys)
    }

    @Test func `a key that is listed twice is refused`() throws {
        let entry = [UInt8](repeating: 7, count: 96)
        let fault = try fault { _ = try read(Array(raw(count: 2)[..<8]) + entry + entry) }
        #expect(fault.message.contains("twice"))
    }

    @Test func `a key of small order is no recipient`() throws {
        var list = Recipients()
        let key = try #require(X25519PublicKey([UInt8](repeating: 0, count: 32)))
        #expect(
            try fault { try list.add(key, contentKey: try TestKeys.secret(9)) }.code == .keys)
    }
}
