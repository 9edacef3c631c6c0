public import Faults
public import StrictJSON

extension DriftFigures {
    /// The figures as JSON.
    public var json: JSONValue {
        .members([
            ("samples", .integer(samples)), ("asked", .integer(asked)), ("mix", .real(mix)),
            ("confidence", confidence.map { .real($0) }),
            (
                "inputs",
                .array(
                    inputs.sorted { $0.key < $1.key }.map { feature, index in
                        .members([
                            ("input", .string(feature.input)),
                            ("statistic", .string(feature.statistic)), ("index", .real(index)),
                        ])
                    })
            ),
            ("constantShare", .real(constantShare)), ("errorShare", .real(errorShare)),
            ("missing", .array(missing.map { .string($0) })),
        ])
    }

    /// Reads figures.
    ///
    /// - Throws: a `Fault` of code `malformed`.
    public init(_ fields: JSONFields) throws(Fault) {
        let any = 0...Double(1 << 53)
        samples = try fields.integer("samples", in: 0...UInt64(1) << 53)
        asked = fields.has("asked") ? try fields.integer("asked", in: 0...UInt64(1) << 54) : samples
        mix = try fields.real("mix", in: any)
        confidence = fields.has("confidence") ? try fields.real("confidence", in: any) : nil
        for value in try fields.array("inputs", limit: ModelCounts.mostInputs) {
            let group = try JSONFields(value, path: "\(fields.path).inputs")
            let feature = ModelCounts.Feature(
                try group.string("input", limit: 256), try group.string("statistic", limit: 32))
            inputs[feature] = try group.real("index", in: any)
        }
        constantShare = try fields.real("constantShare", in: 0...1)
        errorShare = try fields.real("errorShare", in: 0...1)
        if fields.has("missing") {
            missing = try fields.strings("missing", limit: ModelCounts.mostInputs + 1, length: 512)
        }
    }
}
