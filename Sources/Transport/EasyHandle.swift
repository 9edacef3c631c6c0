internal import CCurl
internal import CCurlShim
internal import Faults

/// The one owner of a libcurl easy handle, of its error text and of its request headers.
///
/// A class, because handles move between a pool and the transfers that use them.
@safe
final class EasyHandle {
    private let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?

    /// What is always so: no signals, no file of the user's read, no protocol but HTTP and HTTPS.
    init() throws(Fault) {
        try CurlLibrary.begin()
        guard let handle = unsafe curl_easy_init() else { throw CurlLibrary.noMemory }
        unsafe self.handle = handle
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try CurlLibrary.check(unsafe ccurl_set_error_buffer(handle, errorText))
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_TCP_NODELAY, 1)
        try set(CURLOPT_HTTP09_ALLOWED, 0)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_USERAGENT, "nacelle/" + NacelleVersion.current)
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe curl_slist_free_all(headers)
        unsafe errorText.deallocate()
    }

    /// For the multi handle alone.
    var raw: UnsafeMutableRawPointer { unsafe handle }

    func set(_ option: CURLoption, _ value: Int) throws(Fault) {
        try CurlLibrary.check(unsafe ccurl_set_number(handle, option, value))
    }

    /// Sets a text, which libcurl copies; `nil` sets it back to none.
    func set(_ option: CURLoption, _ text: String?) throws(Fault) {
        guard let text else {
            try CurlLibrary.check(unsafe ccurl_set_text(handle, option, nil))
            return
        }
        try CurlLibrary.check(unsafe ccurl_set_text(handle, option, text))
    }

    /// Sets bytes that stand in for a file; libcurl copies them.
    func set(_ option: CURLoption, bytes: [UInt8]) throws(Fault) {
        let result = unsafe bytes.withUnsafeBytes {
            unsafe ccurl_set_blob(handle, option, $0.baseAddress, $0.count)
        }
        try CurlLibrary.check(result)
    }

    /// Sets the request's own header lines, in place of those before.
    func setHeaders(_ lines: [String]) throws(Fault) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = unsafe curl_slist_append(list, line) else {
                unsafe curl_slist_free_all(list)
                throw CurlLibrary.noMemory
            }
            unsafe list = longer
        }
        let set = unsafe ccurl_set_list(handle, CURLOPT_HTTPHEADER, list)
        unsafe curl_slist_free_all(headers)
        unsafe headers = list
        try CurlLibrary.check(set)
    }

    /// Says where bodies go; the context must outlive the transfer.
    func setSink(
        _ sink: @escaping ccurl_sink, _ context: UnsafeMutableRawPointer?
    ) throws(Fault) {
        try CurlLibrary.check(unsafe ccurl_set_sink(handle, sink, context))
    }

    /// Says where header lines go; the context must outlive the transfer.
    func setHeaderSink(
        _ sink: @escaping ccurl_sink, _ context: UnsafeMutableRawPointer?
    ) throws(Fault) {
        try CurlLibrary.check(unsafe ccurl_set_header_sink(handle, sink, context))
    }

    /// Sets the body of a POST, which must stay until the transfer ends; no bytes take it away.
    func setBody(_ bytes: UnsafeRawBufferPointer?) throws(Fault) {
        guard let bytes = unsafe bytes else {
            try CurlLibrary.check(unsafe ccurl_set_body(handle, nil, 0))
            try set(CURLOPT_HTTPGET, 1)
            return
        }
        try CurlLibrary.check(
            unsafe ccurl_set_body(handle, bytes.baseAddress, Int64(bytes.count)))
    }

    /// Makes the next request a POST of some bytes, which libcurl copies, or a GET without any.
    func setBody(copying bytes: [UInt8]?) throws(Fault) {
        guard let bytes else { return unsafe try setBody(nil) }
        let result = unsafe bytes.withUnsafeBytes {
            unsafe ccurl_copy_body(handle, $0.baseAddress, Int64($0.count))
        }
        try CurlLibrary.check(result)
    }

    /// A number that libcurl knows of the transfer; 0 where it knows none.
    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return unsafe ccurl_get_number(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// A large number that libcurl knows of the transfer; 0 where it knows none.
    func large(_ info: CURLINFO) -> Int64 {
        var value: Int64 = 0
        return unsafe ccurl_get_large(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// The bytes of the last request, its body included, and of its answer's header lines.
    var lines: Int64 {
        Int64(number(CURLINFO_REQUEST_SIZE)) + Int64(number(CURLINFO_HEADER_SIZE))
            + large(CURLINFO_SIZE_UPLOAD_T)
    }

    /// A text that libcurl knows of the transfer.
    func text(_ info: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        guard unsafe ccurl_get_text(handle, info, &value) == CURLE_OK, let value = unsafe value
        else { return nil }
        return unsafe String(cString: value)
    }

    /// Forgets the text of an error before.
    func clearError() { unsafe errorText[0] = 0 }

    /// libcurl's own words for how a transfer ended.
    func errorMessage(_ code: CURLcode) -> String {
        let own = unsafe String(cString: errorText)
        return own.isEmpty ? CurlLibrary.text(code) : own
    }

    /// Lets a paused transfer go on; what was held back is delivered before this returns.
    func unpause() throws(Fault) {
        try CurlLibrary.check(unsafe curl_easy_pause(handle, 0))
    }
}
