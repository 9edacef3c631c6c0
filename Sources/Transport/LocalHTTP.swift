// Transport: bytes from files, folders and HTTPS servers, and HTTP to a program on this machine. The only
// importer of libcurl; what the bytes are it does not know.

internal import CCurl
public import Faults
internal import Glibc

/// An HTTP client for programs on this machine: one connection, kept over many requests.
///
/// It follows no redirect, uses no proxy, speaks `http` and `https` alone, sends no `Expect`, and
/// reads no configuration or environment. Not for several threads at once.
public struct LocalHTTP: ~Copyable {
    private let multi: MultiHandle
    private let easy: EasyHandle
    private let endpoint: LocalEndpoint

    /// Makes a client; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - endpoint: where the program listens.
    ///   - limits: time-outs and bounds of every request.
    /// - Returns: the client.
    /// - Throws: a `Fault` of code `configuration` for an endpoint that cannot be used, of
    ///   code `internal` where libcurl refuses a setting.
    public static func make(
        _ endpoint: LocalEndpoint, limits: LocalHTTPLimits = LocalHTTPLimits()
    ) throws(Fault) -> LocalHTTP {
        try endpoint.check()
        return try LocalHTTP(endpoint)
    }

    private init(_ endpoint: LocalEndpoint) throws(Fault) {
        let multi = try MultiHandle()
        let easy = try EasyHandle()
        try easy.setHeaders(["Expect:", "Content-Type: application/json"])
        try easy.set(CURLOPT_NOPROXY, "*")
        if case .unix(let path) = endpoint { try easy.set(CURLOPT_UNIX_SOCKET_PATH, path) }
        self.multi = multi
        self.easy = easy
        self.endpoint = endpoint
    }

    /// Sends one request and waits for its answer.
    ///
    /// - Parameters:
    ///   - request: what to ask.
    ///   - limits: time-outs and bounds of this request.
    ///   - tick: called about every 20 ms while waiting, and not at all for an answer that comes
    ///     sooner, so that watching does not disturb what is measured; when it throws, the request
    ///     is given up.
    /// - Returns: the answer, whatever its status, or why there is none.
    /// - Throws: what `tick` throws, or a `Fault` of code `internal` where libcurl refuses
    ///   a setting.
    public mutating func send(
        _ request: LocalRequest, limits: LocalHTTPLimits = LocalHTTPLimits(),
        tick: () throws(Fault) -> Void = {}
    ) throws(Fault) -> LocalOutcome {
        let sink = ResponseSink(limit: limits.responseBytes)
        try unsafe easy.setSink(collect, Unmanaged.passUnretained(sink).toOpaque())
        try easy.set(CURLOPT_URL, endpoint.base + request.path)
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, limits.connectMilliseconds)
        try easy.set(CURLOPT_TIMEOUT_MS, limits.totalMilliseconds)
        guard let body = request.body else {
            try easy.set(CURLOPT_HTTPGET, 1)
            return try transfer(sink, tick)
        }
        // The bytes are libcurl's until the transfer ends, so it happens within their scope.
        let result: Result<LocalOutcome, Fault> = unsafe body.withUnsafeBytes { bytes in
            do throws(Fault) {
                try unsafe easy.setBody(bytes)
                return .success(try transfer(sink, tick))
            } catch {
                return .failure(error)
            }
        }
        // Nothing of it may be left in the handle.
        try unsafe easy.setBody(nil)
        return try result.get()
    }

    private func transfer(
        _ sink: ResponseSink, _ tick: () throws(Fault) -> Void
    ) throws(Fault) -> LocalOutcome {
        easy.clearError()
        let start = monotonicNanoseconds()
        try multi.add(easy)
        // Also closes the connection of a transfer that was given up.
        defer { multi.remove(easy) }
        while try multi.perform() > 0 {
            let before = monotonicNanoseconds()
            let ready = try multi.wait(milliseconds: 20)
            // libcurl's own timers also end the wait; only a full one is a tick.
            if !ready, monotonicNanoseconds() - before >= 15_000_000 { try tick() }
        }
        let nanoseconds = monotonicNanoseconds() - start
        guard let result = unsafe multi.nextResult() else {
            throw Fault(.internalError, "libcurl ended a transfer without a result.")
        }
        let code = unsafe result.code
        guard code == CURLE_OK else { return .failed(failure(code, sink)) }
        return .answered(
            LocalAnswer(
                status: easy.number(CURLINFO_RESPONSE_CODE), body: sink.bytes,
                nanoseconds: nanoseconds))
    }

    private func failure(_ code: CURLcode, _ sink: ResponseSink) -> LocalFailure {
        let kind: LocalFailure.Kind =
            switch code {
            case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: .noConnection
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_WRITE_ERROR where sink.full, CURLE_FILESIZE_EXCEEDED: .tooLarge
            default: .broken
            }
        return LocalFailure(kind: kind, text: easy.errorMessage(code))
    }
}

private func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
