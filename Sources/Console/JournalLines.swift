internal import Glibc

/// Lines for the journal, each with its priority before it (`<4>`), as `sd-daemon(3)` has it.
enum JournalLines {
    /// The priorities of `syslog(3)` that are used.
    enum Priority: Int {
        case error = 3
        case warning = 4
        case info = 6
        case debug = 7
    }

    /// The longest line, in bytes; the journal would cut a longer one where it likes.
    static let longest = 8192

    /// The lines of a text that has no control characters.
    static func bytes(_ text: String, _ priority: Priority) -> [UInt8] {
        var out: [UInt8] = []
        for line in text.split(separator: "\n") {
            out += "<\(priority.rawValue)>".utf8
            if line.utf8.count <= longest {
                out += line.utf8
            } else {
                var cut = line.utf8.prefix(longest)
                // Not within a character.
                while let last = cut.last, last & 0xC0 == 0x80 { cut = cut.dropLast() }
                out += cut.dropLast()
                out += "…".utf8
            }
            out.append(0x0A)
        }
        return out
    }

    /// Whether a descriptor is the stream that the service manager has connected to the journal.
    ///
    /// - Parameters:
    ///   - descriptor: standard output or error.
    ///   - variable: `JOURNAL_STREAM`: device and inode of the stream.
    /// - Returns: whether it is; a stream that was redirected since is not.
    static func isJournal(_ descriptor: Int32, variable: String?) -> Bool {
        let parts = (variable ?? "").split(separator: ":", omittingEmptySubsequences: false)
        var status = stat()
        guard parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1]),
            unsafe fstat(descriptor, &status) == 0
        else { return false }
        return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }
}
