import DurableFiles
import Faults
import Glibc
import Testing

@testable import Confinement

/// The connection between the two processes of a command, whose other end may have been taken over.
@Suite struct ChannelTests {
    /// A channel, and the raw end of whoever is at the other side.
    private func ends() throws -> (Channel, Int32) {
        var pair: [Int32] = [-1, -1]
        try #require(
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        return (Channel(owning: pair[0]), pair[1])
    }

    private func put(_ bytes: [UInt8], into raw: Int32) {
        #expect(write(raw, bytes, bytes.count) == bytes.count)
    }

    @Test func `a message comes as it was sent, with a descriptor that stays open`() throws {
        let (channel, raw) = try ends()
        let other = Channel(owning: raw)
        try channel.send(3, [1, 2, 3], passing: 1)
        let message = try other.receive { () throws(Fault) in }
        #expect(message?.kind == 3)
        #expect(message?.bytes == [1, 2, 3])
        try other.send(4)
        #expect(try channel.receive { () throws(Fault) in }?.bytes == [])
    }

    @Test func `a message that claims to be too long, or is cut short, is refused`() throws {
        let (channel, raw) = try ends()
        put([9, 1, 0, 0x20, 0], into: raw)
        #expect(throws: Fault.self) { try channel.receive { () throws(Fault) in } }
        let (second, otherRaw) = try ends()
        put([9, 4, 0, 0, 0, 1], into: otherRaw)
        close(otherRaw)
        #expect(throws: Fault.self) { try second.receive { () throws(Fault) in } }
        close(raw)
    }

    @Test func `an end that is gone is the end, and is not waited for`() throws {
        let (channel, raw) = try ends()
        close(raw)
        let message = try channel.receive { () throws(Fault) in }
        #expect(message == nil)
        #expect(throws: Fault.self) { try channel.send(1, [UInt8](repeating: 0, count: 4096)) }
    }

    @Test func `a wait ends where somebody says so`() throws {
        let (channel, raw) = try ends()
        #expect(throws: Fault(.cancelled, "enough")) {
            try channel.receive { () throws(Fault) in throw Fault(.cancelled, "enough") }
        }
        close(raw)
    }
}
