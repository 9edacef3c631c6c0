// Transport: bytes from elsewhere. The only importer of libcurl; here, HTTP to a local program.

internal import CCurl
internal import CCurlShim
public import Faults
internal import Glibc

/// An HTTP client for programs on this machine: one connection, kept over many requests.
///
/// It follows no redirect, uses no proxy, speaks `http` and `https` alone, sends no `Expect`, and
/// reads no configuration or environment. Not for several threads at once.
@safe
public struct LocalHTTP: ~Copyable {
    private let multi: UnsafeMutableRawPointer
    private let easy: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private let headers: UnsafeMutablePointer<curl_slist>
    private let endpoint: LocalEndpoint

    private init(
        owning multi: UnsafeMutableRawPointer, _ easy: UnsafeMutableRawPointer,
        headers: UnsafeMutablePointer<curl_slist>, endpoint: LocalEndpoint
    ) {
        unsafe self.multi = multi
        unsafe self.easy = easy
        unsafe self.headers = headers
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        self.endpoint = endpoint
    }

    deinit {
        unsafe curl_easy_cleanup(easy)
        _ = unsafe curl_multi_cleanup(multi)
        unsafe curl_slist_free_all(headers)
        unsafe errorText.deallocate()
    }

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
        guard libraryReady else { throw Fault(.internalError, "libcurl cannot be initialised.") }
        guard let list = unsafe curl_slist_append(nil, "Expect:") else { throw noMemory }
        guard unsafe curl_slist_append(list, "Content-Type: application/json") != nil,
            let multi = unsafe curl_multi_init()
        else {
            unsafe curl_slist_free_all(list)
            throw noMemory
        }
        guard let easy = unsafe curl_easy_init() else {
            _ = unsafe curl_multi_cleanup(multi)
            unsafe curl_slist_free_all(list)
            throw noMemory
        }
        let client = unsafe LocalHTTP(owning: multi, easy, headers: list, endpoint: endpoint)
        try client.configure(limits)
        return client
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
        let context = unsafe Unmanaged.passUnretained(sink).toOpaque()
        try LocalHTTP.check(unsafe ccurl_set_sink(easy, collect, context))
        let url = endpoint.base + request.path
        try LocalHTTP.check(unsafe ccurl_set_text(easy, CURLOPT_URL, url))
        try setNumber(CURLOPT_CONNECTTIMEOUT_MS, limits.connectMilliseconds)
        try setNumber(CURLOPT_TIMEOUT_MS, limits.totalMilliseconds)
        guard let body = request.body else {
            try setNumber(CURLOPT_HTTPGET, 1)
            return try transfer(sink, tick)
        }
        // The bytes are libcurl's until the transfer ends, so it happens within their scope.
        let result: Result<LocalOutcome, Fault> = unsafe body.withUnsafeBytes { bytes in
            let set = unsafe ccurl_set_body(easy, bytes.baseAddress, Int64(bytes.count))
            do throws(Fault) {
                try LocalHTTP.check(set)
                return .success(try transfer(sink, tick))
            } catch {
                return .failure(error)
            }
        }
        // Nothing of it may be left in the handle.
        try LocalHTTP.check(unsafe ccurl_set_body(easy, nil, 0))
        try setNumber(CURLOPT_HTTPGET, 1)
        return try result.get()
    }

    private func transfer(
        _ sink: ResponseSink, _ tick: () throws(Fault) -> Void
    ) throws(Fault) -> LocalOutcome {
        unsafe errorText[0] = 0
        let start = monotonicNanoseconds()
        try LocalHTTP.check(unsafe curl_multi_add_handle(multi, easy))
        // Also closes the connection of a transfer that was given up.
        defer { _ = unsafe curl_multi_remove_handle(multi, easy) }
        var running: Int32 = 1
        while true {
            try LocalHTTP.check(unsafe curl_multi_perform(multi, &running))
            if running == 0 { break }
            var ready: Int32 = 0
            let before = monotonicNanoseconds()
            try LocalHTTP.check(unsafe curl_multi_poll(multi, nil, 0, 20, &ready))
            // libcurl's own timers also end the wait; only a full one is a tick.
            if ready == 0, monotonicNanoseconds() - before >= 15_000_000 { try tick() }
        }
        let nanoseconds = monotonicNanoseconds() - start
        var left: Int32 = 0
        guard let message = unsafe curl_multi_info_read(multi, &left) else {
            throw Fault(.internalError, "libcurl ended a transfer without a result.")
        }
        let code = unsafe message.pointee.data.result
        guard code == CURLE_OK else { return .failed(failure(code, sink)) }
        var status = 0
        try LocalHTTP.check(unsafe ccurl_get_number(easy, CURLINFO_RESPONSE_CODE, &status))
        return .answered(
            LocalAnswer(status: status, body: sink.bytes, nanoseconds: nanoseconds))
    }

    private func failure(_ code: CURLcode, _ sink: ResponseSink) -> LocalFailure {
        let own = unsafe String(cString: errorText)
        let text = own.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : own
        let kind: LocalFailure.Kind =
            switch code {
            case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: .noConnection
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_WRITE_ERROR where sink.full, CURLE_FILESIZE_EXCEEDED: .tooLarge
            default: .broken
            }
        return LocalFailure(kind: kind, text: text)
    }

    private func configure(_ limits: LocalHTTPLimits) throws(Fault) {
        try LocalHTTP.check(unsafe ccurl_set_error_buffer(easy, errorText))
        try LocalHTTP.check(unsafe ccurl_set_list(easy, CURLOPT_HTTPHEADER, headers))
        try LocalHTTP.check(unsafe ccurl_set_text(easy, CURLOPT_NOPROXY, "*"))
        try LocalHTTP.check(unsafe ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https"))
        try LocalHTTP.check(unsafe ccurl_set_text(easy, CURLOPT_USERAGENT, "nacelle"))
        try setNumber(CURLOPT_NOSIGNAL, 1)
        try setNumber(CURLOPT_FOLLOWLOCATION, 0)
        try setNumber(CURLOPT_TCP_NODELAY, 1)
        if case .unix(let path) = endpoint {
            try LocalHTTP.check(unsafe ccurl_set_text(easy, CURLOPT_UNIX_SOCKET_PATH, path))
        }
    }

    private func setNumber(_ option: CURLoption, _ value: Int) throws(Fault) {
        try LocalHTTP.check(unsafe ccurl_set_number(easy, option, value))
    }

    private static let libraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private static let noMemory = Fault(.noSpace, "There is no memory for an HTTP client.")

    private static func check(_ code: CURLcode) throws(Fault) {
        guard code == CURLE_OK else {
            throw Fault(
                .internalError, "libcurl refused a setting.",
                cause: unsafe String(cString: curl_easy_strerror(code)))
        }
    }

    private static func check(_ code: CURLMcode) throws(Fault) {
        guard code == CURLM_OK else {
            throw Fault(
                .internalError, "libcurl cannot go on with a transfer.",
                cause: unsafe String(cString: curl_multi_strerror(code)))
        }
    }
}

private func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
