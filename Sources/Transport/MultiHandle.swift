internal import CCurl
internal import CCurlShim
internal import Faults

/// The one owner of a libcurl multi handle, and of the connections that it keeps.
@safe
final class MultiHandle {
    private let handle: UnsafeMutableRawPointer

    init() throws(Fault) {
        try CurlLibrary.begin()
        guard let handle = unsafe curl_multi_init() else { throw CurlLibrary.noMemory }
        unsafe self.handle = handle
    }

    deinit { _ = unsafe curl_multi_cleanup(handle) }

    func set(_ option: CURLMoption, _ value: Int) throws(Fault) {
        try CurlLibrary.check(unsafe ccurl_multi_set_number(handle, option, value))
    }

    /// Begins a transfer; nothing moves before ``perform()``.
    func add(_ easy: EasyHandle) throws(Fault) {
        try CurlLibrary.check(unsafe curl_multi_add_handle(handle, easy.raw))
    }

    /// Ends a transfer; one that is not over loses its connection.
    func remove(_ easy: EasyHandle) { _ = unsafe curl_multi_remove_handle(handle, easy.raw) }

    /// Moves what can be moved now.
    ///
    /// - Returns: how many transfers are not over.
    @discardableResult
    func perform() throws(Fault) -> Int {
        var running: Int32 = 0
        try CurlLibrary.check(unsafe curl_multi_perform(handle, &running))
        return Int(running)
    }

    /// Waits until something can be moved.
    ///
    /// - Parameter milliseconds: at most so long.
    /// - Returns: whether a socket is ready; false also where a timer of libcurl ended the wait.
    /// - Throws: a `Fault` where libcurl cannot go on.
    @discardableResult
    func wait(milliseconds: Int) throws(Fault) -> Bool {
        var ready: Int32 = 0
        try CurlLibrary.check(
            unsafe curl_multi_poll(handle, nil, 0, Int32(clamping: milliseconds), &ready))
        return ready > 0
    }

    /// Takes the next transfer that is over: which, and libcurl's verdict.
    func nextResult() -> (easy: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(handle, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE,
                let easy = unsafe message.pointee.easy_handle
            else { continue }
            return unsafe (easy, message.pointee.data.result)
        }
        return nil
    }
}
