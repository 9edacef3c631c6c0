public import Faults
public import StrictJSON

/// How a version proves itself on the machine that it was installed on, before it is switched to.
///
/// It stands in the manifest as `smoke`; `docs/smoke.md` describes its JSON and what the build
/// description calls the same fields.
public enum SmokeSpecification: Sendable, Equatable {
    /// A program that serves the Open Inference Protocol, held against golden cases.
    case inference(SmokeInference)
    /// A command that must exit with status 0.
    case command(SmokeCommand)

    /// What is started.
    public var program: SmokeProgram {
        switch self {
        case .inference(let inference): inference.program
        case .command(let command): command.program
        }
    }

    /// The longest the whole run may take, in milliseconds.
    public var deadline: Int {
        switch self {
        case .inference(let inference): inference.deadline
        case .command(let command): command.deadline
        }
    }

    /// The memory limit, if there is one.
    public var memory: SmokeMemory? {
        switch self {
        case .inference(let inference): inference.memory
        case .command(let command): command.memory
        }
    }

    /// Reads a specification and validates it.
    ///
    /// - Parameter fields: the object that is the manifest's `smoke`.
    /// - Throws: a `Fault` of code `malformed` that names the field.
    public init(_ fields: JSONFields) throws(Fault) {
        let kind = try fields.string("kind", limit: 32)
        switch kind {
        case "inference": self = .inference(try SmokeInference(fields))
        case "command": self = .command(try SmokeCommand(fields))
        default:
            throw Fault(
                .malformed,
                "“\(fields.path).kind” is “\(kind)”; “inference” or “command” was expected.")
        }
        try validate(fields.path)
    }

    /// The specification as JSON.
    public var json: JSONValue {
        switch self {
        case .inference(let inference): .members([("kind", .string("inference"))] + inference.pairs)
        case .command(let command): .members([("kind", .string("command"))] + command.pairs)
        }
    }

    /// Refuses what could not be run or could prove nothing.
    ///
    /// - Parameter path: where the specification stands, for messages.
    /// - Throws: a `Fault` of code `malformed` that names the field, what was found and
    ///   what is accepted.
    public func validate(_ path: String = "smoke") throws(Fault) {
        try program.validate(path)
        try SmokeCheck.range(deadline, 100...3_600_000, "\(path).deadline", "milliseconds")
        if let memory {
            try SmokeCheck.range(memory.limit, 1 << 20...1 << 44, "\(path).memory.limit", "bytes")
        }
        if case .inference(let inference) = self { try inference.validate(path) }
    }
}

/// A smoke inference: a program, its golden cases, and the limits that it must keep.
public struct SmokeInference: Sendable, Equatable {
    /// What is started; `{socket}` in its arguments becomes the path of the unix socket to serve.
    public var program: SmokeProgram
    /// The model's name in the protocol (`/v2/models/NAME/infer`).
    public var model: String
    /// The longest until the program says that it is ready, in milliseconds.
    public var readyTimeout: Int
    /// The longest the whole run may take, in milliseconds.
    public var deadline: Int
    /// Directories in the slot with a golden case each (`input_0.pb`, `output_0.pb`, …).
    public var cases: [String]
    /// How far an answer may be from the golden one.
    public var tolerance: SmokeTolerance
    /// The least share of cases whose highest class is the golden one, 0 to 1.
    public var minimumTop1Agreement: Double
    /// The latency limit, if there is one.
    public var latency: SmokeLatency?
    /// The memory limit, if there is one.
    public var memory: SmokeMemory?

    /// Makes a specification; ``SmokeSpecification/validate(_:)`` checks it.
    public init(
        program: SmokeProgram, model: String, readyTimeout: Int = 10_000, deadline: Int = 60_000,
        cases: [String], tolerance: SmokeTolerance, minimumTop1Agreement: Double = 1,
        latency: SmokeLatency? = nil, memory: SmokeMemory? = nil
    ) {
        self.program = program
        self.model = model
        self.readyTimeout = readyTimeout
        self.deadline = deadline
        self.cases = cases
        self.tolerance = tolerance
        self.minimumTop1Agreement = minimumTop1Agreement
        self.latency = latency
        self.memory = memory
    }

    init(_ fields: JSONFields) throws(Fault) {
        program = try SmokeProgram(fields)
        model = try fields.string("model", limit: 256)
        readyTimeout = try fields.integer("readyTimeout", in: 0...Int.max)
        deadline = try fields.integer("deadline", in: 0...Int.max)
        cases = try fields.strings("cases", limit: 1024, length: 1024)
        tolerance = try SmokeTolerance(fields.object("tolerance"))
        minimumTop1Agreement = try fields.real("top1Agreement", in: 0...1)
        latency = try fields.optionalObject("latency").map { fields throws(Fault) in
            try SmokeLatency(fields)
        }
        memory = try SmokeMemory.optional(fields)
    }

    var pairs: [(String, JSONValue?)] {
        program.pairs + [
            ("model", .string(model)),
            ("readyTimeout", .integer(readyTimeout)),
            ("deadline", .integer(deadline)),
            ("cases", .array(cases.map { .string($0) })),
            ("tolerance", tolerance.json),
            ("top1Agreement", .real(minimumTop1Agreement)),
            ("latency", latency?.json),
            ("memory", memory?.json),
        ]
    }

    func validate(_ path: String) throws(Fault) {
        // The name goes into a URL as it is.
        let plain = model.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        guard plain, (1...256).contains(model.utf8.count), model != ".", model != ".." else {
            throw Fault(
                .malformed,
                "“\(path).model” is “\(model)”; 1 to 256 letters, digits, “-”, “_” and “.” were "
                    + "expected.")
        }
        guard program.arguments.contains(where: { $0.contains("{socket}") }) else {
            throw Fault(
                .malformed,
                "No argument in “\(path).arguments” has “{socket}”, so the program cannot know "
                    + "where to serve.")
        }
        try SmokeCheck.range(
            readyTimeout, 10...max(deadline, 10), "\(path).readyTimeout",
            "milliseconds (the deadline)")
        guard (1...1024).contains(cases.count) else {
            throw Fault(
                .malformed, "“\(path).cases” has \(cases.count) cases; 1 to 1024 were expected.")
        }
        for (number, directory) in cases.enumerated() {
            try SmokeCheck.slotPath(directory, "\(path).cases[\(number)]")
        }
        guard Set(cases).count == cases.count else {
            throw Fault(.malformed, "“\(path).cases” names a directory twice.")
        }
        try tolerance.validate("\(path).tolerance")
        guard (0...1).contains(minimumTop1Agreement) else {
            throw Fault(
                .malformed,
                "“\(path).top1Agreement” is \(minimumTop1Agreement); 0 to 1 was expected.")
        }
        try latency?.validate("\(path).latency")
    }
}

/// A smoke command: it must exit with status 0 before its deadline.
public struct SmokeCommand: Sendable, Equatable {
    /// What is started.
    public var program: SmokeProgram
    /// The longest that it may run, in milliseconds.
    public var deadline: Int
    /// The memory limit, if there is one.
    public var memory: SmokeMemory?

    /// Makes a specification; ``SmokeSpecification/validate(_:)`` checks it.
    public init(program: SmokeProgram, deadline: Int = 60_000, memory: SmokeMemory? = nil) {
        self.program = program
        self.deadline = deadline
        self.memory = memory
    }

    init(_ fields: JSONFields) throws(Fault) {
        program = try SmokeProgram(fields)
        deadline = try fields.integer("deadline", in: 0...Int.max)
        memory = try SmokeMemory.optional(fields)
    }

    var pairs: [(String, JSONValue?)] {
        program.pairs + [("deadline", .integer(deadline)), ("memory", memory?.json)]
    }
}
