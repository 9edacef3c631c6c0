import Console
import Faults
import StrictJSON
import Locks
import Testing

/// A stream that keeps what was written.
private final class Recorder: ConsoleStream {
    let isTerminal: Bool
    let columns: Int
    let isJournal: Bool
    private let written = Guarded<[UInt8]>([])

    init(isTerminal: Bool = false, columns: Int = 80, isJournal: Bool = false) {
        self.isTerminal = isTerminal
        self.isJournal = isJournal
        self.columns = columns
    }

    func write(_ bytes: [UInt8]) { written.withLock { $0 += bytes } }

    var text: String { written.withLock { String(decoding: $0, as: UTF8.self) } }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
}

private final class Clock: Sendable {
    private let time = Guarded<Int64>(0)
    func advance(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }
    var now: Int64 { time.withLock { $0 } }
}

@Suite struct ConsoleTests {
    private let output = Recorder()
    private let fault = Fault(
        .notFound, "There is no file x.", advice: "Check the path.", cause: "No such file")

    private func console(
        _ style: Console.Style, errors: Recorder, clock: Clock = Clock()
    ) -> Console {
        Console(command: "tool", style: style, output: output, errors: errors) { clock.now }
    }

    @Test func `a fault is told with cause and advice on standard error`() {
        let errors = Recorder()
        let status = console(.text, errors: errors).fail(fault)
        #expect(status == FaultCode.notFound.exitStatus)
        #expect(errors.text == "tool: There is no file x. (No such file)\n  Check the path.\n")
        #expect(output.text.isEmpty)
    }

    @Test func `in the JSON form a fault is one object on standard output`() throws {
        let errors = Recorder()
        _ = console(.json, errors: errors).fail(fault)
        #expect(errors.text.isEmpty)
        let line = try JSONReader.read(
            Array(try #require(output.lines.first).utf8), limits: JSONLimits(bytes: 4096))
        #expect(line["event"] == .string("error"))
        #expect(line["code"] == .string("not-found"))
        #expect(line["exit"] == .number("44"))
        #expect(line["advice"] == .string("Check the path."))
    }

    @Test func `without a terminal a line is written at each tenth`() {
        let errors = Recorder()
        let console = console(.text, errors: errors)
        for done in 0...1000 { console.progress("Packing", done: Int64(done), total: 1000) }
        #expect(errors.lines.count == 11)
        #expect(errors.lines.first == "Packing: 0 % of 1.00 kB")
        #expect(errors.lines.last == "Packing: 100 % of 1.00 kB")
        #expect(!errors.text.contains("\u{1B}"))
    }

    @Test func `on a terminal the bar is drawn ten times a second at most`() {
        let errors = Recorder(isTerminal: true)
        let clock = Clock()
        let console = console(.text, errors: errors, clock: clock)
        for done in 0..<1000 {
            console.progress("Packing", done: Int64(done), total: 1000)
            clock.advance(1)
        }
        #expect(errors.text.split(separator: "\r").count == 10)
    }

    @Test func `the bar goes before anything else is said`() {
        let errors = Recorder(isTerminal: true)
        let console = console(.text, errors: errors)
        console.progress("Packing", done: 1, total: 2)
        console.say("done")
        #expect(errors.text.hasSuffix("\r\u{1B}[K"))
        #expect(output.text == "done\n")
    }

    @Test(arguments: [10, 20, 40, 80, 200])
    func `a bar fits its terminal`(columns: Int) {
        let errors = Recorder(isTerminal: true, columns: columns)
        let console = console(.text, errors: errors)
        console.progress("Packing", done: 123_456_789, total: 987_654_321)
        let shown = errors.text.replacing("\r", with: "").replacing("\u{1B}[K", with: "")
        #expect(shown.count < columns)
    }

    @Test func `quiet says results and faults alone`() {
        let errors = Recorder()
        let console = console(.quiet, errors: errors)
        console.note("by the way")
        console.progress("Packing", done: 1, total: 2)
        console.say("result")
        #expect(errors.text.isEmpty)
        #expect(output.text == "result\n")
    }

    @Test func `a terminal is never handed control characters from outside`() {
        let errors = Recorder()
        let console = console(.text, errors: errors)
        console.say("name \u{1B}]0;owned\u{07} \u{202E}x")
        #expect(output.text == "name \\u{1b}]0;owned\\u{7} \\u{202e}x\n")
    }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (9994, "9.99 kB"), (9996, "10.0 kB"),
            (999_499, "999 kB"), (999_600, "1.00 MB"), (43_733_000, "43.7 MB"),
            (1_099_511_627_776, "1.10 TB"),
        ] as [(Int64, String)])
    func `sizes have three digits`(bytes: Int64, text: String) {
        #expect(ByteCount.text(bytes) == text)
    }
}
