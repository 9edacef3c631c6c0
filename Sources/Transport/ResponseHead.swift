/// The status and the fields of an answer that decide anything, read line by line within bounds.
struct ResponseHead {
    /// The most bytes of header lines, interim answers and trailers included.
    static let longest = 64 << 10

    private(set) var status = 0
    /// Whether the version frames its messages itself: HTTP/2 and later.
    private(set) var isFramed = false
    /// Whether the empty line after the final answer's fields was seen.
    private(set) var isComplete = false
    private(set) var contentLength: Int64?
    private(set) var contentRange: String?
    private(set) var entityTag: String?
    private(set) var lastModified: String?
    private(set) var contentType = ""
    private(set) var contentEncoding = ""
    private(set) var isChunked = false
    /// What no server may say, in words.
    private(set) var flaw: String?
    private var bytes = 0

    /// Takes one line, its line end included.
    ///
    /// - Parameter line: as libcurl gives it.
    /// - Returns: false where there were too many bytes of them.
    mutating func take(_ line: UnsafeRawBufferPointer) -> Bool {
        bytes += line.count
        guard bytes <= ResponseHead.longest else { return false }
        // What comes later are trailers, which decide nothing.
        guard !isComplete else { return true }
        let text = unsafe ResponseHead.trimmed(String(decoding: line, as: UTF8.self)[...])
        if text.hasPrefix("HTTP/") {
            begin(text)
        } else if text.isEmpty {
            isComplete = status >= 200
        } else {
            field(text)
        }
        return true
    }

    /// Begins with what a redirect leads to; the bytes are counted on.
    mutating func restart() {
        let before = bytes
        self = ResponseHead()
        bytes = before
    }

    /// Whether the body's end is told apart from a connection that broke.
    var tellsItsEnd: Bool { isFramed || isChunked || contentLength != nil }

    /// Whether the answer is a page for people.
    var isPage: Bool { contentType.hasPrefix("text/html") }

    /// Whether what was asked for stands at another address.
    var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) }

    private mutating func begin(_ line: Substring) {
        restart()
        let parts = line.split(separator: " ", maxSplits: 2)
        isFramed = parts[0].dropFirst(5).first.map { $0 >= "2" } ?? false
        guard parts.count > 1, let number = Int(parts[1]), (100...999).contains(number) else {
            flaw = "a status line without a status"
            return
        }
        status = number
    }

    private mutating func field(_ line: Substring) {
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = String(ResponseHead.trimmed(line[line.index(after: colon)...]))
        switch line[..<colon].lowercased() {
        case "content-length": setLength(value)
        case "content-range":
            if let contentRange, contentRange != value { flaw = "two Content-Range fields" }
            contentRange = value
        case "etag": entityTag = value
        case "last-modified": lastModified = value
        case "content-type": contentType = value.lowercased()
        case "content-encoding": contentEncoding = value.lowercased()
        case "transfer-encoding": isChunked = true
        default: break
        }
    }

    private mutating func setLength(_ value: String) {
        guard let length = ContentRange.number(value) else {
            flaw = "“\(value.prefix(40))” as Content-Length"
            return
        }
        if let contentLength, contentLength != length { flaw = "two lengths of one body" }
        contentLength = length
    }

    private static func trimmed(_ text: Substring) -> Substring {
        // "\r\n" is one character.
        var rest = text.drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}
