internal import Confinement
internal import Faults

/// The process that fetches, verifies and unpacks, as the one that decides sees it.
///
/// What it says is judged here again: it may have been taken over by what it read.
final class Fetcher {
    private let child: ForkedChild
    private var forwarded = false
    private var waits = 0

    /// How long it may take to end after a signal, in tenths of a second.
    private static let patience = 600

    /// Takes a child that was started.
    init(_ child: ForkedChild) { self.child = child }

    /// Waits for the next step.
    ///
    /// A signal that came to this process is handed on, so that the child ends as it would by itself.
    ///
    /// - Parameters:
    ///   - step: the step that is due.
    ///   - limit: the most bytes that it may say.
    /// - Returns: what it says.
    /// - Throws: the `Fault` that the child ended with, or one that says that it broke off.
    func expect(_ step: FetchStep, limit: Int = 0) throws(Fault) -> [UInt8] {
        guard let message = try child.channel?.receive(tick: handOn) else { throw brokenOff() }
        if message.kind == FetchStep.fault.rawValue {
            throw try FaultRecord.read(message.bytes)
        }
        guard message.kind == step.rawValue, message.bytes.count <= limit else {
            throw Fault(
                .malformed,
                "The process that fetches said \(message.kind) in \(message.bytes.count) bytes; "
                    + "\(step.rawValue) in at most \(limit) was expected.")
        }
        return message.bytes
    }

    /// Tells it to take the next step.
    func tell(_ step: FetchStep, _ bytes: [UInt8] = [], passing: Int32? = nil) throws(Fault) {
        do throws(Fault) {
            guard let channel = child.channel else { throw brokenOff() }
            try channel.send(step.rawValue, bytes, passing: passing)
        } catch {
            throw brokenOff()
        }
    }

    /// Has it end, and waits for that: afterwards nothing of it is left.
    func finish() { child.finish() }

    private func handOn() {
        guard let number = Interruption.number else { return }
        if !forwarded {
            forwarded = true
            child.signal(number)
        }
        waits += 1
        if waits == Fetcher.patience { child.signal(9) }
    }

    /// Why there is nothing more to hear.
    private func brokenOff() -> Fault {
        let end = child.finish()
        do throws(Fault) { try Interruption.check() } catch { return error }
        if end == .signalled(9) {
            return Fault(
                .noSpace,
                "The process that fetches and unpacks was killed by signal 9, as the kernel does "
                    + "where memory runs out.",
                advice: "The running version is untouched; look for “Out of memory” in the "
                    + "kernel's messages, and start the command again to go on.")
        }
        let how =
            switch end {
            case .exited(let status): "with status \(status)"
            case .signalled(let number): "by signal \(number)"
            }
        return Fault(
            .internalError,
            "The process that fetches and unpacks ended \(how) before it was done.",
            advice:
                "The running version is untouched; start the command again to go on, and report "
                + "this where it comes again.")
    }
}
