internal import Faults
internal import StrictJSON

/// What a smoke run starts.
public struct SmokeProgram: Sendable, Equatable {
    /// The executable's path in the slot, such as `bin/serve`.
    public var path: String
    /// What follows the program's own name.
    public var arguments: [String]
    /// Further environment; what the agent sets itself (``reserved``) cannot stand in it.
    public var environment: [String: String]

    /// Makes a description.
    public init(path: String, arguments: [String] = [], environment: [String: String] = [:]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }

    /// The variables that the agent sets.
    public static let reserved: Set<String> = [
        "HOME", "LC_ALL", "ORT_DISABLE_TELEMETRY", "PATH", "TMPDIR",
    ]

    init(_ fields: JSONFields) throws(Fault) {
        path = try fields.string("program", limit: 1024)
        arguments =
            fields.has("arguments") ? try fields.strings("arguments", limit: 64) : []
        environment = [:]
        guard let variables = try fields.optionalObject("environment"),
            case .object(let members) = variables.value
        else { return }
        for member in members {
            environment[member.key] = try variables.string(member.key)
        }
    }

    var pairs: [(String, JSONValue?)] {
        let variables = environment.sorted { $0.key < $1.key }.map {
            JSONValue.Member($0.key, .string($0.value))
        }
        return [
            ("program", .string(path)),
            ("arguments", .array(arguments.map { .string($0) })),
            ("environment", .object(variables)),
        ]
    }

    func validate(_ place: String) throws(Fault) {
        try SmokeCheck.slotPath(path, "\(place).program")
        guard arguments.count <= 64,
            arguments.allSatisfy({ $0.utf8.count <= 4096 && !$0.utf8.contains(0) })
        else {
            throw Fault(
                .malformed,
                "“\(place).arguments” may have 64 arguments of 4096 bytes without zero bytes.")
        }
        guard environment.count <= 64 else {
            throw Fault(
                .malformed,
                "“\(place).environment” has \(environment.count) variables; at most 64 are "
                    + "accepted.")
        }
        for (name, value) in environment {
            guard SmokeProgram.isVariable(name), value.utf8.count <= 4096, !value.utf8.contains(0)
            else {
                throw Fault(
                    .malformed,
                    "“\(place).environment” has “\(name.prefix(64))”; a name of letters, digits "
                        + "and “_” and a value of at most 4096 bytes were expected.")
            }
            guard !SmokeProgram.reserved.contains(name) else {
                throw Fault(
                    .malformed, "“\(place).environment” sets \(name), which the agent sets.")
            }
        }
    }

    private static func isVariable(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, bytes.count <= 128, !(0x30...0x39).contains(first) else {
            return false
        }
        return bytes.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
    }
}

/// Checks that several parts of a specification share.
enum SmokeCheck {
    /// A path below the slot: relative, with no empty, `.` or `..` component.
    static func slotPath(_ path: String, _ place: String) throws(Fault) {
        let components = path.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
        let good = components.allSatisfy { part in
            !part.isEmpty && part.count <= 255 && !part.elementsEqual(".".utf8)
                && !part.elementsEqual("..".utf8)
        }
        guard good, path.utf8.count <= 1024, !path.utf8.contains(where: { $0 < 0x20 }) else {
            throw Fault(
                .malformed,
                "“\(place)” is “\(path.prefix(80))”; a path below the slot was expected, relative "
                    + "and without “.” or “..”.")
        }
    }

    static func range(
        _ value: Int, _ accepted: ClosedRange<Int>, _ place: String, _ unit: String
    ) throws(Fault) {
        guard accepted.contains(value) else {
            throw Fault(
                .malformed,
                "“\(place)” is \(value); \(accepted.lowerBound) to \(accepted.upperBound) \(unit) "
                    + "was expected.")
        }
    }
}
