public import Faults
public import StrictJSON

/// What is said of a model's health.
public enum DriftVerdict: Sendable, Equatable {
    /// Too little was seen: so many predictions of so many that are needed.
    case undecided(samples: UInt64, needed: UInt64)
    /// It answers as it did over its validation data.
    case good
    /// The mix of classes is another one, and within each class nothing changed: the world's doing, not
    /// the model's.
    case shifted(mix: Double)
    /// It does not, for these reasons.
    case worse([String])
}

/// Judges one window after another: a pure decision, with hysteresis.
///
/// A window with too few predictions says nothing. What several full windows in a row say becomes the
/// verdict; a model that was worse is well again only below the lower bound.
public struct DriftJudge: Sendable, Equatable {
    /// From where on a window counts as worse.
    public var limits: DriftLimits
    /// The verdict of now.
    public private(set) var verdict: DriftVerdict
    /// The figures of the last full window.
    public private(set) var figures: DriftFigures?
    private var pending: Kind?
    private var inRow = 0

    private enum Kind: String { case good, shifted, worse }

    /// Begins without a verdict.
    public init(_ limits: DriftLimits) {
        self.limits = limits
        verdict = .undecided(samples: 0, needed: limits.samples)
    }

    /// Takes in a window.
    ///
    /// - Parameter figures: the window held against its reference.
    /// - Returns: the verdict of now.
    public mutating func take(_ figures: DriftFigures) -> DriftVerdict {
        let before = current
        guard figures.isTelling(limits) else {
            if before == nil {
                verdict = .undecided(samples: figures.samples, needed: limits.samples)
            }
            return verdict
        }
        let troubles = figures.troubles(limits, wasWorse: before == .worse)
        let most = before == .shifted ? limits.recovery : limits.index
        let kind: Kind =
            if !troubles.isEmpty { .worse } else if figures.mix > most { .shifted } else { .good }
        inRow = kind == pending ? min(inRow + 1, Int(Int32.max)) : 1
        pending = kind
        self.figures = figures
        if inRow >= limits.windows || kind == before {
            verdict = DriftJudge.verdict(kind, troubles, figures.mix)
        }
        return verdict
    }

    private static func verdict(_ kind: Kind, _ troubles: [String], _ mix: Double) -> DriftVerdict {
        switch kind {
        case .good: .good
        case .shifted: .shifted(mix: mix)
        case .worse: .worse(troubles)
        }
    }

    private var current: Kind? {
        switch verdict {
        case .undecided: nil
        case .good: .good
        case .shifted: .shifted
        case .worse: .worse
        }
    }
}

extension DriftVerdict {
    /// Its name, as machines are told.
    public var name: String {
        switch self {
        case .undecided: "undecided"
        case .good: "good"
        case .shifted: "shifted"
        case .worse: "worse"
        }
    }

    /// All names.
    public static let names = ["undecided", "good", "shifted", "worse"]
}

extension DriftJudge {
    /// What it has to remember, as JSON.
    public var json: JSONValue {
        let number: UInt64
        var reasons: [String] = []
        var mix: Double?
        switch verdict {
        case .undecided(let samples, _): number = samples
        case .good: number = 0
        case .shifted(let index): (number, mix) = (0, index)
        case .worse(let troubles): (number, reasons) = (0, troubles)
        }
        return .members([
            ("verdict", .string(verdict.name)), ("samples", .integer(number)),
            ("mix", mix.map { .real($0) }), ("reasons", .array(reasons.map { .string($0) })),
            ("figures", figures?.json), ("pending", pending.map { .string($0.rawValue) }),
            ("inRow", .integer(inRow)),
        ])
    }

    /// Goes on from what was remembered.
    ///
    /// - Throws: a `Fault` of code `malformed`.
    public init(_ fields: JSONFields, _ limits: DriftLimits) throws(Fault) {
        self.init(limits)
        let word = try fields.string("verdict", limit: 16)
        switch word {
        case "good": verdict = .good
        case "shifted":
            verdict = .shifted(mix: try fields.real("mix", in: 0...Double(1 << 53)))
        case "worse":
            verdict = .worse(try fields.strings("reasons", limit: 64, length: 1024))
        default:
            let samples = try fields.integer("samples", in: 0...UInt64(1) << 53)
            verdict = .undecided(samples: samples, needed: limits.samples)
        }
        figures = try fields.optionalObject("figures").map { (fields) throws(Fault) in
            try DriftFigures(fields)
        }
        pending = try fields.optionalString("pending", limit: 16).flatMap(Kind.init)
        inRow = try fields.integer("inRow", in: 0...Int(Int32.max))
    }
}
