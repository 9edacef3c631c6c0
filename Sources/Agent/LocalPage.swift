internal import Faults
internal import Processes
internal import Transport

/// One page of a program on this machine, asked for again and again.
struct LocalPage: ~Copyable {
    private let place: ProbeSettings.Kind
    private let timeout: Int64
    private var client: LocalHTTP?

    /// What came.
    enum Answer {
        /// The page.
        case page([UInt8])
        /// Why there is none, in a few words.
        case problem(String)
    }

    /// Makes a client; nothing is asked yet, and nothing can be of a place that serves no pages.
    init(_ place: ProbeSettings.Kind, timeout: Int64) throws(Fault) {
        self.place = place
        self.timeout = timeout
        client =
            switch place {
            case .socket(let path, _): try LocalHTTP.make(.unix(path))
            case .tcp(let host, let port, _):
                try LocalHTTP.make(.url("http://\(host):\(port)"))
            case .command, .unit: nil
            }
    }

    /// Asks for it.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that it may have.
    ///   - checkpoint: when it throws, the answer is no longer waited for.
    /// - Returns: the page, of a status from 200 to 299, or why there is none.
    /// - Throws: a fault where it cannot even be asked for, or what `checkpoint` throws.
    mutating func get(
        limit: Int, checkpoint: () throws(Fault) -> Void
    ) throws(Fault) -> Answer {
        let (path, name): (String, String)
        switch place {
        case .socket(let socket, let page): (path, name) = (page, socket)
        case .tcp(let host, let port, let page): (path, name) = (page, "\(host):\(port)")
        case .command, .unit: return .problem("it serves no pages")
        }
        let milliseconds = Int(timeout)
        let limits = LocalHTTPLimits(
            connectMilliseconds: milliseconds, totalMilliseconds: milliseconds,
            responseBytes: limit)
        switch try client?.send(.get(path), limits: limits, tick: checkpoint) {
        case .answered(let answer):
            guard (200..<300).contains(answer.status) else {
                let said = PrintedWords.first(
                    String(decoding: answer.body.prefix(4096), as: UTF8.self))
                return .problem(
                    "\(path) at \(name) answered \(answer.status)"
                        + (said.isEmpty ? "" : ": \(said)"))
            }
            return .page(answer.body)
        case .failed(let failure):
            // libcurl names “localhost” even for a socket.
            switch failure.kind {
            case .noConnection:
                return .problem("nobody answers at \(name), or it may not be opened")
            case .tooLarge: return .problem("\(path) at \(name) is larger than \(limit) bytes")
            case .timedOut: return .problem("no answer from \(name) within \(timeout) ms")
            default: return .problem("\(path) at \(name): \(failure.text)")
            }
        case nil: return .problem("there is no client for \(path)")
        }
    }
}
