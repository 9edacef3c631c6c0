internal import Telemetry

/// What is shown of the model's health.
enum ModelPage {
    /// The families of a health.
    static func families(_ health: HealthState) -> [MetricFamily] {
        let totals = health.totals
        let page = health.reading
        return [
            .one(
                "nacelle_model_up", .gauge, "Whether the application's page could be read.",
                health.problem.isEmpty && health.readAt > 0 ? 1 : 0),
            MetricFamily(
                "nacelle_model_info", .gauge, "Which model answers.",
                page.map {
                    [
                        MetricSample(
                            "nacelle_model_info", ["model": $0.model, "digest": $0.digest], 1)
                    ]
                } ?? []),
            MetricFamily(
                "nacelle_model_predictions_total", .counter,
                "Predictions by the class that they name.",
                totals.predictions.sorted { $0.key < $1.key }.prefix(50).map {
                    MetricSample(
                        "nacelle_model_predictions_total", ["class": $0.key], Double($0.value))
                }),
            confidence(totals.confidence),
            .one(
                "nacelle_model_errors_total", .counter, "Inferences that failed.",
                Double(totals.errors)),
            .one(
                "nacelle_model_refused_total", .counter, "Requests that do not fit the model.",
                Double(totals.refused)),
            .one(
                "nacelle_model_inputs_constant_total", .counter,
                "Inputs all of whose elements are the same.", Double(totals.constantInputs)),
            .one(
                "nacelle_model_latency_seconds_mean", .gauge,
                "Mean time of one inference since the look before.", health.latency),
        ] + drift(health)
    }

    private static func confidence(_ counts: IntervalCounts?) -> MetricFamily {
        let name = "nacelle_model_confidence"
        var samples: [MetricSample] = []
        if let counts {
            var below: UInt64 = 0
            let together = counts.together
            for (number, count) in together.enumerated() {
                below &+= count
                let end = number < counts.edges.count ? "\(counts.edges[number])" : "+Inf"
                samples.append(MetricSample("\(name)_bucket", ["le": end], Double(below)))
            }
            samples.append(MetricSample("\(name)_count", [:], Double(below)))
        }
        return MetricFamily(name, .histogram, "Confidences of the predictions.", samples)
    }

    private static func drift(_ health: HealthState) -> [MetricFamily] {
        guard let judge = health.judge, let verdict = health.verdict else { return [] }
        let figures = judge.figures
        var indexes: [MetricSample] = []
        if let figures {
            let name = "nacelle_drift_index"
            indexes.append(MetricSample(name, ["of": "mix"], figures.mix))
            if let confidence = figures.confidence {
                indexes.append(MetricSample(name, ["of": "confidence"], confidence))
            }
            for (feature, index) in figures.inputs.sorted(by: { $0.key < $1.key }) {
                let labels = [
                    "of": "input", "input": feature.input, "statistic": feature.statistic,
                ]
                indexes.append(MetricSample(name, labels, index))
            }
        }
        return [
            MetricFamily(
                "nacelle_drift_verdict", .gauge, "What is said of the model: 1 at what holds.",
                DriftVerdict.names.map {
                    MetricSample(
                        "nacelle_drift_verdict", ["verdict": $0], $0 == verdict.name ? 1 : 0)
                }),
            MetricFamily(
                "nacelle_drift_index", .gauge,
                "Population stability index of the last full window.", indexes),
            .one(
                "nacelle_drift_limit", .gauge, "The index from which it counts.",
                judge.limits.index),
            .one(
                "nacelle_drift_samples", .gauge, "Predictions in the open window.",
                Double(health.window.samples)),
            .one(
                "nacelle_drift_samples_needed", .gauge, "Predictions that a window needs.",
                Double(judge.limits.samples)),
            .one(
                "nacelle_drift_constant_ratio", .gauge, "Share of inputs that do not change.",
                figures?.constantShare),
            .one(
                "nacelle_drift_error_ratio", .gauge, "Share of inferences that fail.",
                figures?.errorShare),
        ]
    }
}
