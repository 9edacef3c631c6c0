import Bundle
import Faults
import Install
import TestKit
import Testing

/// A bundle of some two kilobytes, sealed or not.
private func small(isSealed: Bool) throws -> BundleMaker.Made {
    var maker = isSealed ? BundleMaker.sealed : BundleMaker()
    maker.entries = [BundleMaker.file("a", Array("hello\n".utf8))]
    // Two others, whose boxes this device cannot open.
    if isSealed { maker.recipients = [7, 8, 9] }
    return try maker.make()
}

@Suite struct DamageTests {
    @Test(arguments: [false, true])
    func `every flipped byte of every section is refused`(isSealed: Bool) throws {
        let made = try small(isSealed: isSealed)
        try unpack(MemorySource(made.bytes))
        #expect(made.sections.map(\.name).contains("recipients") == isSealed)
        for (name, range) in made.sections {
            for place in range {
                var bytes = made.bytes
                bytes[place] ^= 1 << UInt8(place % 8)
                let fault = try fault { try unpack(MemorySource(bytes)) }
                #expect(
                    [.malformed, .unsupported].contains(fault.code), "byte \(place) of \(name)")
                #expect(fault.message.hasSuffix("."))
            }
        }
    }

    @Test(arguments: [false, true])
    func `a truncation at any byte is refused, and so is anything appended`(isSealed: Bool) throws {
        let made = try small(isSealed: isSealed)
        for count in made.bytes.indices {
            let part = Array(made.bytes[..<count])
            let fault = try fault { try unpack(MemorySource(part)) }
            #expect(fault.code == .malformed, "\(count) bytes")
            if count >= Preamble.length { #expect(fault.message.contains("truncated")) }
        }
        let fault = try fault { try unpack(MemorySource(made.bytes + [0])) }
        #expect(fault.message.contains("appended"))
    }

    @Test func `a source that is shorter than it claims is refused wherever it ends`() throws {
        let made = try small(isSealed: false)
        for count in made.bytes.indices {
            let part = Array(made.bytes[..<count])
            let source = MemorySource(part, claiming: Int64(made.bytes.count))
            #expect(try fault { try unpack(source) }.code == .malformed, "\(count) bytes")
        }
    }

    @Test func `a flipped byte of the pack is found by the check too`() throws {
        let made = try small(isSealed: false)
        let pack = try #require(made.sections.last)
        for place in pack.range {
            var bytes = made.bytes
            bytes[place] ^= 0x10
            let bundle = try VerifiedBundle.open(MemorySource(bytes), root: try TestKeys.root())
            let fault = try fault { try PackCheck.run(bundle, keys: nil) { _ in } }
            #expect(fault.code == .malformed)
            #expect(fault.message.contains("altered or damaged"))
        }
    }

    @Test func `an empty file and another kind of file are no bundles`() throws {
        for bytes in [[], Array("PK".utf8), [UInt8](repeating: 0, count: 5000)] {
            let fault = try fault { try unpack(MemorySource(bytes)) }
            #expect(fault.code == .malformed)
            #expect(fault.message.contains("Not a bundle"))
        }
    }
}
