import Faults
import TestKit
import Testing

@testable import Telemetry

@Suite struct MetricPageTests {
    private let names = [
        "plain", "with \"quotes\"", "a\\b", "two\nlines", "größer", "{x=\"y\"} 5", "",
    ]

    @Test func `a page that is written is read again, whatever stands in its labels`() throws {
        let samples = names.enumerated().map {
            MetricSample(
                "nacelle_test", ["class": $0.element, "n": "\($0.offset)"], Double($0.offset))
        }
        let family = MetricFamily("nacelle_test", .gauge, "A \n test \\ of help.", samples)
        let read = try MetricText.read(MetricPage.text([family]))
        #expect(read == samples)
        let timed = TimedSample.read(
            MetricPage.samples([family], with: ["instance": "t-7"], at: 1_700_000_000_123))
        #expect(timed.map(\.milliseconds) == samples.map { _ in 1_700_000_000_123 })
        #expect(timed.map(\.sample.value) == samples.map(\.value))
        #expect(timed.allSatisfy { $0.sample.labels["instance"] == "t-7" })
        #expect(timed.map { $0.sample.labels["class"] ?? "" } == names)
    }

    @Test(arguments: [0, 1, -1, 0.1, 1e-9, 1e15, 1e300, 123_456_789, .infinity, -.infinity])
    func `a value is written so that it is read as the same`(value: Double) throws {
        let read = try MetricText.read(
            MetricPage.text([.one("nacelle_test", .gauge, "A test.", value)]))
        #expect(read == [MetricSample("nacelle_test", [:], value)])
    }

    @Test func `what is not known is not shown, and what is no number is not pushed`() {
        #expect(MetricPage.text([.one("nacelle_test", .gauge, "A test.", nil)]) == [])
        let odd = MetricFamily.one("nacelle_test", .gauge, "A test.", .nan)
        #expect(MetricPage.samples([odd], with: [:], at: 1) == [])
    }
}
