internal import CCurl
internal import Faults

/// What all of libcurl's users here share: its one initialisation and the words of its errors.
enum CurlLibrary {
    private static let ready = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    static let noMemory = Fault(.noSpace, "There is no memory for an HTTP client.")

    /// Initialises the library, once in the life of the process.
    static func begin() throws(Fault) {
        guard ready else { throw Fault(.internalError, "libcurl cannot be initialised.") }
    }

    static func check(_ code: CURLcode) throws(Fault) {
        guard code == CURLE_OK else {
            throw Fault(.internalError, "libcurl refused a setting.", cause: text(code))
        }
    }

    static func check(_ code: CURLMcode) throws(Fault) {
        guard code == CURLM_OK else {
            throw Fault(
                .internalError, "libcurl cannot go on with a transfer.",
                cause: unsafe String(cString: curl_multi_strerror(code)))
        }
    }

    static func text(_ code: CURLcode) -> String {
        unsafe String(cString: curl_easy_strerror(code))
    }
}
