public import Faults
public import StrictJSON

/// A window that is over: when, and what came out.
public struct DriftPoint: Sendable, Equatable {
    /// When it ended, in seconds since 1970.
    public var at: Int64
    /// What came out.
    public var figures: DriftFigures

    /// Notes a window.
    public init(at: Int64, _ figures: DriftFigures) {
        self.at = at
        self.figures = figures
    }

    /// The window as JSON.
    public var json: JSONValue {
        .members([("at", .integer(at)), ("figures", figures.json)])
    }

    /// Reads a window.
    ///
    /// - Throws: a `Fault` of code `malformed`.
    public init(_ fields: JSONFields) throws(Fault) {
        at = try fields.integer("at", in: 0...Int64.max)
        figures = try DriftFigures(fields.object("figures"))
    }
}
