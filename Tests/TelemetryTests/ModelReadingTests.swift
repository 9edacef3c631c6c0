import Faults
import StrictJSON
import Testing

@testable import Telemetry

@Suite struct ModelReadingTests {
    private static let page = """
        inference_info{model="bearing",version="1.1.0",digest="ab"} 1
        inference_start_time_seconds 1700000000.5
        inference_latency_seconds_bucket{le="0.1"} 7
        inference_latency_seconds_count 10
        inference_errors_total 1
        inference_requests_refused_total 2
        inference_predictions_total{class="a"} 6
        inference_predictions_total{class="b"} 4
        inference_confidence_bucket{class="a",le="0.5"} 1
        inference_confidence_bucket{class="a",le="0.9"} 3
        inference_confidence_bucket{class="a",le="+Inf"} 6
        inference_confidence_bucket{class="b",le="+Inf"} 4
        inference_confidence_bucket{class="b",le="0.9"} 4
        inference_confidence_bucket{class="b",le="0.5"} 0
        inference_input_bucket{input="x",statistic="rms",class="a",le="1"} 5
        inference_input_bucket{input="x",statistic="rms",class="a",le="+Inf"} 6
        inference_inputs_constant_total 3
        other_total 9
        """

    private func read(_ text: String) throws -> ModelReading {
        try ModelReading(try MetricText.read(Array(text.utf8)))
    }

    @Test func `a page is read into counts by interval and class`() throws {
        let reading = try read(Self.page)
        #expect(reading.version == "1.1.0")
        #expect(reading.digest == "ab")
        #expect(reading.started == 1_700_000_000.5)
        let counts = reading.counts
        #expect(counts.samples == 10)
        #expect(counts.predictions == ["a": 6, "b": 4])
        #expect(
            counts.confidence == IntervalCounts([0.5, 0.9], ["a": [1, 2, 3], "b": [0, 4, 0]]))
        #expect(counts.inputs == [.init("x", "rms"): IntervalCounts([1], ["a": [5, 1]])])
        #expect((counts.inferences, counts.errors, counts.refused) == (10, 1, 2))
        #expect(counts.constantInputs == 3)
    }

    @Test(arguments: [
        ("total{class=\"a\"} 6", "total{class=\"a\"} -6", "a count below 2^53"),
        ("total{class=\"a\"} 6", "total{class=\"a\"} 1.5", "a count below 2^53"),
        ("total{class=\"a\"} 6", "total{class=\"a\"} NaN", "a count below 2^53"),
        ("total{class=\"a\"} 6", "total{class=\"a\"} 1e17", "a count below 2^53"),
        ("le=\"0.9\"} 3", "le=\"0.9\"} 0", "do not rise"),
        ("class=\"b\",le=\"0.5\"", "class=\"b\",le=\"0.6\"", "do not rise"),
        ("class=\"b\",le=\"+Inf\"", "class=\"b\",le=\"1\"", "do not rise"),
        ("class=\"a\",le=\"0.5\"", "class=\"a\",lower=\"0.5\"", "no upper end"),
    ])
    func `what is no count and no histogram is refused`(
        part: String, other: String, says: String
    ) throws {
        let altered = Self.page.replacing(part, with: other, maxReplacements: 1)
        #expect(altered != Self.page)
        let fault = #expect(throws: Fault.self) { try self.read(altered) }
        #expect(fault?.message.contains(says) == true, "\(fault?.message ?? "")")
    }

    @Test func `more classes than are bounded are refused`() throws {
        let page = (0...1000).map { "inference_predictions_total{class=\"\($0)\"} 1" }
            .joined(separator: "\n")
        #expect(throws: Fault.self) { try self.read(page) }
    }

    @Test func `counts are the same after they were written and read`() throws {
        let counts = try read(Self.page).counts
        let json = try JSONReader.read(counts.json.compact, limits: JSONLimits(bytes: 1 << 16))
        #expect(try ModelCounts(try JSONFields(json, path: "reference")) == counts)
    }

    @Test func `what came since an earlier look is the difference, and adds up again`() throws {
        let early = try read(Self.page).counts
        let late = try read(
            Self.page.replacing("_total{class=\"a\"} 6", with: "_total{class=\"a\"} 8")
                .replacing("class=\"a\",le=\"+Inf\"} 6", with: "class=\"a\",le=\"+Inf\"} 8")
                .replacing("seconds_count 10", with: "seconds_count 12")
        ).counts
        let more = try #require(late.since(early))
        #expect(more.predictions == ["a": 2, "b": 0])
        #expect(more.confidence?.groups == ["a": [0, 0, 2], "b": [0, 0, 0]])
        #expect(more.inferences == 2)
        var sum = early
        sum.add(more)
        #expect(sum == late)
        // A program that began anew, or counts in other intervals, has no difference.
        #expect(early.since(late) == nil)
        var other = late
        other.confidence?.edges = [0.5, 0.8]
        #expect(other.since(early) == nil)
    }

    @Test func `a name that is too long to be kept is refused, or kept in part`() throws {
        let long = String(repeating: "a\u{301}", count: 200)
        let fault = #expect(throws: Fault.self) {
            try read("inference_input_bucket{input=\"\(long)\",le=\"+Inf\"} 1\n")
        }
        #expect(fault?.message.contains("more than 256 bytes") == true)
        let reading = try read("inference_info{model=\"\(long)\"} 1\n")
        #expect((1...130).contains(reading.model.utf8.count))
    }
}
