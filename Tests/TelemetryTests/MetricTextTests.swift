import Faults
import TestKit
import Testing

@testable import Telemetry

@Suite struct MetricTextTests {
    private func read(_ text: String) throws -> [MetricSample] {
        try MetricText.read(Array(text.utf8))
    }

    @Test func `samples are read, and comments, empty lines and time stamps passed over`() throws {
        let samples = try read(
            """
            # HELP a_total What it is.
            # TYPE a_total counter
            a_total 3

              b{c="d",e="f\\n\\"g\\\\",} 1.5e3 1700000000000
            h:i +Inf\r
            j{} -2
            """)
        #expect(
            samples == [
                MetricSample("a_total", [:], 3),
                MetricSample("b", ["c": "d", "e": "f\n\"g\\"], 1500),
                MetricSample("h:i", [:], .infinity), MetricSample("j", [:], -2),
            ])
        #expect(try read("k NaN")[0].value.isNaN)
        #expect(try read("") == [])
    }

    @Test(arguments: [
        ("1a 2", "has no name"), ("a", "where a value belongs"), ("a b", "“b” where a value"),
        ("a{b} 1", "label without a value"), ("a{b=c} 1", "without quotes"),
        ("a{b=\"c} 1", "does not close a label’s"), ("a{b=\"c\" 1", "does not close its labels"),
        ("a{b=\"\\x\"} 1", "escape"), ("a{b=\"1\",b=\"2\"} 1", "twice"), ("a 1 2 3", "goes on"),
        ("a 1 b", "more than a value"), ("é 1", "has no name"),
        ("a{b=\"" + String(repeating: "x", count: 1025) + "\"} 1", "more than 1024"),
        (String(repeating: "a", count: 201) + " 1", "1 to 200"),
    ])
    func `a line of another form is refused by its number`(line: String, says: String) throws {
        let fault = #expect(throws: Fault.self) { try self.read("good 1\n" + line) }
        #expect(fault?.message.hasPrefix("Line 2 of the page of metrics ") == true)
        #expect(
            fault?.message.replacing("'", with: "’").contains(says) == true,
            "\(fault?.message ?? "")")
    }

    @Test func `a page that is too long, or of too many samples or labels, is refused`() throws {
        #expect(throws: Fault.self) {
            try MetricText.read([UInt8](repeating: 0x0A, count: MetricText.limit + 1))
        }
        #expect(try read(String(repeating: "a 1\n", count: MetricText.samples)).count == 20_000)
        #expect(throws: Fault.self) {
            try self.read(String(repeating: "a 1\n", count: MetricText.samples + 1))
        }
        let labels = (0...MetricText.labels).map { "l\($0)=\"\"" }.joined(separator: ",")
        #expect(throws: Fault.self) { try self.read("a{\(labels)} 1") }
    }

    @Test(arguments: 0..<64 as Range<UInt64>)
    func `damage never traps, and never brings more samples than lines`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bytes = Array(
            """
            # TYPE inference_confidence histogram
            inference_confidence_bucket{class="a",le="0.5"} 3 1700000000000
            inference_confidence_bucket{class="a\\n",le="+Inf"} 1e300
            inference_predictions_total{class="b"} 18446744073709551615
            """.utf8)
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.remove(at: Int.random(in: bytes.indices, using: &random))
            case 1:
                bytes.insert(
                    UInt8.random(in: 0...255, using: &random),
                    at: Int.random(in: bytes.indices, using: &random))
            default:
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
        }
        guard let samples = try? MetricText.read(bytes) else { return }
        #expect(samples.count <= bytes.split(separator: 0x0A).count)
        // Whatever was read of it is either counts or refused.
        if let reading = try? ModelReading(samples) {
            #expect(reading.counts.samples < 1 << 63)
        }
    }
}
