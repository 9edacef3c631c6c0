import Faults
import Glibc
import StrictJSON
import Locks
import Testing

@testable import Console

/// Lines for the journal bear a priority each, whatever stands in them.
@Suite struct JournalTests {
    private final class Journal: ConsoleStream {
        let isTerminal = false
        let columns = 80
        let isJournal = true
        private let written = Guarded<[UInt8]>([])

        func write(_ bytes: [UInt8]) { written.withLock { $0 += bytes } }

        var text: String { written.withLock { String(decoding: $0, as: UTF8.self) } }
    }

    private let output = Journal()
    private let errors = Journal()

    private func console(_ style: Console.Style = .text) -> Console {
        Console(command: "nacelle", style: style, output: output, errors: errors) { 0 }
    }

    @Test func `each kind of line has its priority`() {
        let console = console()
        console.say("It runs.")
        console.note("Waiting.")
        console.warn("The clock lies.")
        console.progress("unpack", done: 0, total: 100)
        _ = console.fail(Fault(.network, "No answer.", advice: "Try later.", cause: "timed out"))
        #expect(output.text == "<6>It runs.\n")
        let lines = errors.text.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[0] == "<6>Waiting.")
        #expect(lines[1] == "<4>nacelle: warning: The clock lies.")
        #expect(lines[2].hasPrefix("<7>"))
        #expect(lines[3] == "<3>nacelle: No answer. (timed out)")
        #expect(lines[4] == "<3>  Try later.")
    }

    @Test func `a text from outside cannot choose its priority, nor hide one`() {
        console().note("<0>panic\n<0>again\n\n\u{1B}[31mred\u{0}")
        #expect(errors.text == "<6><0>panic\n<6><0>again\n<6>\\u{1b}[31mred\\u{0}\n")
    }

    @Test func `a long line is cut between characters`() {
        for start in ["", "x", "xx"] {
            let bytes = JournalLines.bytes(start + String(repeating: "é", count: 9000), .info)
            let text = String(validating: bytes, as: UTF8.self)
            #expect(text?.hasSuffix("é…\n") == true)
            #expect(bytes.count <= JournalLines.longest + 8)
        }
        let fits = String(repeating: "x", count: JournalLines.longest)
        #expect(JournalLines.bytes(fits, .info) == Array("<6>\(fits)\n".utf8))
    }

    @Test func `lines for machines bear no priority`() {
        console(.json).event("result", [("ok", .bool(true))])
        #expect(output.text == "{\"event\":\"result\",\"ok\":true}\n")
    }

    @Test func `the journal is known by the device and inode of the very stream`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        var status = stat()
        try #require(fstat(ends[1], &status) == 0)
        let name = "\(status.st_dev):\(status.st_ino)"
        #expect(JournalLines.isJournal(ends[1], variable: name))
        #expect(!JournalLines.isJournal(ends[1], variable: "\(status.st_dev):\(status.st_ino + 1)"))
        for variable in [nil, "", ":", "1", name + ":1", "x" + name, "-1:-1"] {
            #expect(!JournalLines.isJournal(ends[1], variable: variable))
        }
        #expect(!JournalLines.isJournal(-1, variable: name))
    }
}
