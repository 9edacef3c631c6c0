public import Faults
public import StrictJSON

extension HealthState {
    /// The most bytes that it takes.
    public static let limit = 4 << 20

    /// It as JSON, as it is kept.
    public var json: JSONValue {
        .members([
            ("format", .integer(1)), ("tree", .string(tree)), ("began", .integer(began)),
            ("lookedAt", .integer(lookedAt)), ("readAt", .integer(readAt)),
            ("problem", .string(problem)),
            (
                "page",
                reading.map {
                    .members([
                        ("model", .string($0.model)), ("version", .string($0.version)),
                        ("digest", .string($0.digest)), ("started", .real($0.started)),
                        ("latency", .real($0.latency)), ("counts", $0.counts.json),
                    ])
                }
            ),
            ("totals", totals.json), ("windowBegan", .integer(windowBegan)),
            ("window", window.json), ("latency", latency.map { .real($0) }),
            ("missing", .array(missing.map { .string($0) })),
            ("past", .array(past.map(\.json))), ("judge", judge?.json),
        ])
    }

    /// Reads what was kept.
    ///
    /// - Parameters:
    ///   - bytes: the file.
    ///   - limits: how far the version may be from its reference, by its manifest; `nil` for none.
    /// - Throws: a `Fault` of code `malformed`.
    public init(reading bytes: [UInt8], _ limits: DriftLimits?) throws(Fault) {
        let bounds = JSONLimits(bytes: HealthState.limit, depth: 12, values: 400_000)
        let fields = try JSONFields(try JSONReader.read(bytes, limits: bounds), path: "health")
        let _: Int = try fields.integer("format", in: 1...1)
        let time = 0...Int64.max
        self.init(
            tree: try fields.string("tree", limit: 64), limits,
            at: try fields.integer("began", in: time))
        lookedAt = try fields.integer("lookedAt", in: time)
        readAt = try fields.integer("readAt", in: time)
        problem = try fields.string("problem", limit: 4096)
        if let page = try fields.optionalObject("page") {
            let seconds = 0...Double(1 << 53)
            var reading = ModelReading()
            reading.model = try page.string("model", limit: 1024)
            reading.version = try page.string("version", limit: 1024)
            reading.digest = try page.string("digest", limit: 1024)
            reading.started = try page.real("started", in: seconds)
            reading.latency = try page.real("latency", in: seconds)
            reading.counts = try ModelCounts(page.object("counts"))
            self.reading = reading
        }
        totals = try ModelCounts(fields.object("totals"))
        windowBegan = try fields.integer("windowBegan", in: time)
        window = try ModelCounts(fields.object("window"))
        if fields.has("latency") { latency = try fields.real("latency", in: 0...Double(1 << 53)) }
        for value in try fields.array("past", limit: HealthState.mostPast) {
            past.append(try DriftPoint(try JSONFields(value, path: "health.past")))
        }
        if fields.has("missing") {
            missing = try fields.strings("missing", limit: ModelCounts.mostInputs + 1, length: 512)
        }
        if let limits, let judge = try fields.optionalObject("judge") {
            self.judge = try DriftJudge(judge, limits)
        }
    }
}
