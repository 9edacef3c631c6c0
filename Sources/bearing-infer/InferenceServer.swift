internal import Faults
internal import FlyingFox
internal import FlyingSocks

/// Serves ``HTTPRoutes`` on a unix socket until it is told to stop.
struct InferenceServer {
    /// Seconds that a request may take.
    private static let requestTimeout = 30.0
    /// How long requests in progress get at the end; then seconds for their answers to go out.
    private static let drainTime = Duration.seconds(2)
    private static let flushTime = 0.05

    let routes: Routes
    let socket: SocketFile

    /// Serves.
    ///
    /// - Parameters:
    ///   - stop: the first element ends the serving; requests in progress are answered.
    ///   - announce: called once, when connections are accepted.
    /// - Throws: a `Fault` where the socket cannot be made or fails.
    func run(
        until stop: AsyncStream<Int32>, announce: @escaping @Sendable () -> Void
    ) async throws(Fault) {
        try socket.clear()
        let handler = HTTPRoutes(routes: routes)
        // A body up to the routes' limit is buffered whole; a longer one is streamed and refused.
        let server = HTTPServer(
            config: .init(
                address: .unix(path: socket.path), timeout: Self.requestTimeout,
                sharedRequestBufferSize: 1 << 16, sharedRequestReplaySize: Routes.bodyLimit,
                logger: .disabled),
            handler: handler)
        let socket = socket
        let ending: Ending
        do {
            ending = try await withThrowingTaskGroup(of: Ending.self) { group in
                group.addTask {
                    do { try await server.run() } catch { return .failed("\(error)") }
                    return .failed("the listener ended")
                }
                group.addTask {
                    try await server.waitUntilListening()
                    let mine = socket.identity()
                    announce()
                    for await _ in stop { break }
                    // First the name, so that nobody connects any more.
                    socket.remove(mine)
                    await handler.inFlight.drained(within: Self.drainTime)
                    return .stopped
                }
                defer { group.cancelAll() }
                let ending = try await group.next() ?? .stopped
                // FlyingFox waits for the whole of this: its listener does not notice the end.
                await server.stop(timeout: Self.flushTime)
                return ending
            }
        } catch {
            ending = .failed("\(error)")
        }
        if case .failed(let cause) = ending {
            throw Fault(
                .storage, "Cannot serve on \(socket.path).",
                advice: "The socket's directory must exist and be writable.", cause: cause)
        }
    }

    private enum Ending: Sendable {
        case stopped
        case failed(String)
    }
}
