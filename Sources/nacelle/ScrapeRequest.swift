internal import Faults
internal import Glibc
internal import Processes

/// One request for the page of metrics, from whoever may connect.
struct ScrapeRequest {
    /// The most bytes of a request's head that are read.
    static let limit = 8 << 10
    /// How long it may take, for one who sends a byte now and then.
    private static let patience = Duration.seconds(5)

    /// The head's first line.
    let line: String

    /// Reads the head of a request, up to its empty line.
    ///
    /// - Parameter descriptor: where it comes from.
    /// - Returns: the request; an empty one where none came whole in time.
    static func read(from descriptor: Int32) -> ScrapeRequest {
        let deadline = Deadline(after: patience)
        var head: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while head.count < limit, !deadline.passed {
            guard Readiness.wait(for: [descriptor], until: deadline)[0] else { break }
            var bytes = [UInt8](repeating: 0, count: limit - head.count)
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { break }
            head += bytes.prefix(count)
            if head.suffix(count + end.count).contains(end) {
                let first = head.prefix { $0 != 0x0D && $0 != 0x0A }
                return ScrapeRequest(line: String(decoding: first, as: UTF8.self))
            }
        }
        return ScrapeRequest(line: "")
    }

    /// The answer (RFC 9112).
    ///
    /// - Parameter page: makes the page of metrics.
    /// - Returns: the bytes to write.
    func answer(_ page: () throws(Fault) -> [UInt8]) -> [UInt8] {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
            return ScrapeRequest.response("400 Bad Request", "This is no HTTP/1.1 request.")
        }
        guard words[0] == "GET" || words[0] == "HEAD" else {
            return ScrapeRequest.response("405 Method Not Allowed", "GET is answered alone.")
        }
        guard words[1] == "/metrics" || words[1].hasPrefix("/metrics?") else {
            return ScrapeRequest.response("404 Not Found", "The page is at /metrics.")
        }
        do throws(Fault) {
            let body = try page()
            return ScrapeRequest.head(
                "200 OK", body.count, "text/plain; version=0.0.4; charset=utf-8")
                + (words[0] == "HEAD" ? [] : body)
        } catch {
            return ScrapeRequest.response("503 Service Unavailable", error.message)
        }
    }

    private static func response(_ status: String, _ text: String) -> [UInt8] {
        let body = Array((text + "\n").utf8)
        return head(status, body.count, "text/plain; charset=utf-8") + body
    }

    private static func head(_ status: String, _ length: Int, _ type: String) -> [UInt8] {
        Array(
            "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(length)\r\n"
                .utf8) + Array("Connection: close\r\n\r\n".utf8)
    }
}
