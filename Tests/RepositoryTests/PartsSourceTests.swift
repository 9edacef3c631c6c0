import Faults
import Install
import TestKit
import Testing

@testable import Repository

/// A bundle in parts reads as the one file that the parts would be.
@Suite struct PartsSourceTests {
    private static let parts: [[UInt8]] = [
        (0..<100).map { UInt8($0) }, (0..<50).map { UInt8(100 + $0) },
        (0..<30).map { UInt8(200 + $0) },
    ]

    private func source(index: Int64 = 50) -> (PartsSource, () -> Int) {
        final class Opened { var count = 0 }
        let opened = Opened()
        func part(_ bytes: [UInt8], _ length: Int64) -> PartsSource.Part {
            PartsSource.Part(length: length) { () throws(Fault) in
                opened.count += 1
                return MemorySource(bytes)
            }
        }
        let parts = PartsSourceTests.parts
        return (
            PartsSource(
                name: "parts", isRemote: true, head: parts[0],
                parts: [part(parts[1], index), part(parts[2], 30)]), { opened.count }
        )
    }

    @Test func `every range is what the whole file holds there`() throws {
        let whole = PartsSourceTests.parts.flatMap { $0 }
        let (source, _) = source()
        #expect(try source.length() == 180)
        for start in stride(from: 0, through: 180, by: 7) {
            for end in stride(from: start, through: 180, by: 11) {
                let got = try source.read(at: Int64(start), count: end - start)
                #expect(got == Array(whole[start..<end]))
            }
        }
    }

    @Test func `a part is opened when it is read, once`() throws {
        let (source, opened) = source()
        _ = try source.read(at: 0, count: 100)
        #expect(opened() == 0)
        _ = try source.read(at: 90, count: 20)
        _ = try source.read(at: 100, count: 20)
        #expect(opened() == 1)
    }

    @Test func `a part of another length than the manifest's is refused with both`() throws {
        let (source, _) = source(index: 49)
        let fault = #expect(throws: Fault.self) { try source.read(at: 100, count: 1) }
        #expect(fault?.message.contains("50") == true && fault?.message.contains("49") == true)
    }

    @Test func `what lies outside is refused`() throws {
        let (source, _) = source()
        for (offset, count) in [(181, 0), (0, 181), (-1, 2), (180, 1)] {
            var buffer = [UInt8](repeating: 0, count: 200)
            #expect(throws: Fault.self) {
                try source.read(at: Int64(offset), count: count, into: &buffer)
            }
        }
    }

    @Test func `planned bytes are those of the ranges, each in its part`() {
        let (source, _) = source()
        #expect(source.plannedBytes([90..<110, 149..<151, 170..<180]) == 10 + 1 + 1 + 10)
    }
}
