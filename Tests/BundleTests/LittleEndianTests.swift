import Faults
import Testing

@testable import Bundle

@Suite struct LittleEndianTests {
    @Test func `numbers and runs are read in turn and never past the end`() throws {
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        var reader = LittleEndianReader("thing")
        #expect(try reader.integer(UInt8.self, from: bytes.span) == 1)
        #expect(try reader.integer(UInt16.self, from: bytes.span) == 0x0302)
        #expect(try reader.integer(UInt32.self, from: bytes.span) == 0x0706_0504)
        #expect(try reader.integer(UInt64.self, from: bytes.span) == .max)
        try reader.finish(bytes.span)
        #expect(try reader.run(0, from: bytes.span) == [])
        let fault = try fault { _ = try reader.integer(UInt8.self, from: bytes.span) }
        #expect(fault.message.contains("1 bytes needed at byte 15 of 15"))
        #expect(throws: Fault.self) { try reader.run(-1, from: bytes.span) }
        #expect(throws: Fault.self) { try reader.run(.max, from: bytes.span) }
    }

    @Test func `what is appended reads back`() throws {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt16(0xABCD))
        bytes.append(littleEndian: UInt64(0x0102_0304_0506_0708))
        #expect(bytes == [0xCD, 0xAB, 8, 7, 6, 5, 4, 3, 2, 1])
    }
}
