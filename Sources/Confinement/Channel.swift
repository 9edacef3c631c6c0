internal import CConfine
internal import DurableFiles
public import Faults
internal import Glibc

/// One end of the connection between a process and the child that it forked: short messages, each
/// with its kind, in order.
///
/// What comes is bounded; whoever receives judges it, as the other end may have been taken over.
public final class Channel {
    /// The longest message, in bytes: an envelope of a bundle fits.
    public static let limit = 2 << 20

    /// One message.
    public struct Message: Sendable {
        /// What it is, by the agreement of both ends.
        public let kind: UInt8
        /// What it says.
        public let bytes: [UInt8]
    }

    private let descriptor: Descriptor
    /// Descriptors that came beside messages; open until the channel goes.
    private var passed: [Int32] = []

    init(owning raw: Int32) { descriptor = Descriptor(owning: raw) }

    deinit {
        for raw in passed { _ = close(raw) }
    }

    /// Sends a message.
    ///
    /// - Parameters:
    ///   - kind: what it is.
    ///   - bytes: what it says; at most ``limit``.
    ///   - passing: a descriptor that the other end shall hold as well, for as long as it has the
    ///     channel.
    /// - Throws: a `Fault` where the other end is gone.
    public func send(
        _ kind: UInt8, _ bytes: [UInt8] = [], passing: Int32? = nil
    ) throws(Fault) {
        guard bytes.count <= Channel.limit else {
            throw Fault(.internalError, "A message of \(bytes.count) bytes was to be sent.")
        }
        let length = UInt32(bytes.count)
        let message = [kind] + (0..<4).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + bytes
        guard
            unsafe cconfine_send(descriptor.raw, message, message.count, passing ?? -1) == 0
        else { throw systemFault("cannot reach the other process of this command") }
    }

    /// Waits for the next message.
    ///
    /// - Parameter tick: called at least every 100 ms; what it throws ends the wait.
    /// - Returns: the message; `nil` where the other end is gone.
    /// - Throws: a `Fault`, of code `malformed` for a message that is too long, or cut short.
    public func receive(tick: () throws(Fault) -> Void) throws(Fault) -> Message? {
        guard let head = try receive(5, tick) else { return nil }
        let length = head[1...].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= Channel.limit else {
            throw Fault(.malformed, "The other process of this command sent \(length) bytes.")
        }
        guard length > 0 else { return Message(kind: head[0], bytes: []) }
        guard let bytes = try receive(length, tick) else { return nil }
        return Message(kind: head[0], bytes: bytes)
    }

    /// Exactly so many bytes; `nil` where the other end went before the first of them.
    private func receive(
        _ count: Int, _ tick: () throws(Fault) -> Void
    ) throws(Fault) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            try tick()
            var waiting = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waiting, 1, 100) > 0 else { continue }
            var handed: Int32 = -1
            let got = unsafe bytes.withUnsafeMutableBytes {
                unsafe cconfine_receive(
                    descriptor.raw, $0.baseAddress.map { unsafe $0 + done }, count - done, &handed)
            }
            if handed >= 0 { passed.append(handed) }
            if got > 0 {
                done += got
            } else if got == 0 || errno == ECONNRESET {
                guard done > 0 else { return nil }
                throw Fault(.malformed, "The other process of this command ended within a message.")
            } else if errno != EINTR {
                throw systemFault("cannot hear the other process of this command")
            }
        }
        return bytes
    }
}
