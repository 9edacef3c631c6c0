import Faults
import StrictJSON

@testable import Agent
@testable import Telemetry

/// What an application counts, what is kept of it, and what waits to be pushed.
enum HealthTargets {
    static let all = [
        FuzzTarget("metrics", "an application's page of metrics", longest: 16 << 10, read: page),
        FuzzTarget("reference", "what a release counted over its validation data") {
            let limits = JSONLimits(bytes: 1 << 20)
            let reference = try ModelReference(try JSONReader.read($0, limits: limits))
            let second = try again("the reference") { try ModelReference(reference.json) }
            try hold(second == reference, "it is written in another way")
            let figures = DriftFigures(reference.counts, against: reference.counts)
            try hold(figures.mix == 0, "it drifts from itself by \(figures.mix)")
        },
        FuzzTarget("health", "what is kept of the model's health", longest: 16 << 10) {
            let health = try HealthState(reading: $0, DriftLimits())
            let second = try again("the health") {
                try HealthState(reading: health.json.compact, DriftLimits())
            }
            try hold(second.json == health.json, "it is written in another way")
        },
        FuzzTarget("push", "how far the pushing of samples has come") {
            let state = try PushState(reading: $0)
            try hold((1...3600).contains(state.pause(300)), "a pause of \(state.pause(300)) s")
        },
        FuzzTarget("waiting-samples", "samples that wait to be pushed", longest: 16 << 10) {
            let samples = TimedSample.read($0)
            // Refused by none, and never more than what came could hold.
            let body = try RemoteWrite.body(samples)
            try hold(body.count <= 100 + 200 * $0.count, "\(body.count) bytes of \($0.count)")
        },
    ]

    /// Reads a page, and takes it in twice as one look after another.
    private static func page(_ bytes: [UInt8]) throws {
        let samples = try MetricText.read(bytes)
        let written = MetricPage.text([MetricFamily("fuzz", .gauge, "Fuzzed.", samples)])
        // What was no UTF-8 takes more room than it came in.
        if samples.allSatisfy({ $0.labels.values.allSatisfy { $0.utf8.count <= 1024 } }) {
            let second = try again("the page") { try MetricText.read(written) }
            try hold(
                second.map(\.name) == samples.map(\.name)
                    && second.map(\.labels) == samples.map(\.labels),
                "it is written in another way")
        }
        let reading = try ModelReading(samples)
        let reference = ModelReference(reading.counts, digest: reading.digest)
        var health = HealthState(tree: "t", reference.limits, at: 1)
        var empty = ModelReading()
        empty.started = reading.started
        health.take(empty, at: 2)
        health.take(reading, at: 3)
        try hold(health.totals.samples == reading.counts.samples, "not all of it is counted")
        let rule = HealthState.WindowRule(samples: 1, least: 0)
        health.closeWindow(rule, against: reference, at: 4)
        let kept = try again("the health") {
            try HealthState(reading: health.json.compact, reference.limits)
        }
        try hold(kept.totals == health.totals, "it is kept in another way")
        for family in ModelPage.families(health) {
            _ = try again("the agent's own page") { try MetricText.read(MetricPage.text([family])) }
        }
    }
}
