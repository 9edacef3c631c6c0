internal import Dispatch
internal import Glibc

/// The signals that end the program cleanly.
enum StopSignal {
    /// Yields each SIGTERM and SIGINT from now on; they no longer end the process by themselves.
    static func stream() -> AsyncStream<Int32> {
        AsyncStream { continuation in
            // Not marked Sendable, though they may be cancelled from anywhere.
            nonisolated(unsafe) let sources = [SIGTERM, SIGINT].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { continuation.yield(number) }
                source.resume()
                return source
            }
            continuation.onTermination = { _ in
                for source in unsafe sources { source.cancel() }
            }
        }
    }
}
