import DurableFiles
import Faults
import Glibc
import Processes
import StrictJSON
import Testing

/// A machine of its own for one test: keys, a root of trust, a configuration and a store, driven by
/// the programs as they ship.
///
/// Everything lies in one directory that other users may enter, on a disk (read-back refuses a
/// file system in memory). Needs root, as smoke runs are isolated.
final class Rig {
    static let checkout = String(
        #filePath.prefix(#filePath.utf8.count - "/Tests/EndToEndTests/Rig.swift".utf8.count))
    static let programs = checkout + "/.build/ship"
    static let model = checkout + "/.build/bearing"

    let place: String
    var store: String
    /// The network namespace that programs run in; `nil` for this process's own.
    var space: String?

    /// What a program said and how it ended.
    struct Answer {
        var status: Int32
        var output: String
    }

    init() throws {
        guard geteuid() == 0 else {
            throw Fault(.permission, "The end-to-end tests need root: run scripts/test as root.")
        }
        for program in ["nacelle", "nacelle-bundle", "bearing-infer"]
        where access("\(Rig.programs)/\(program)", X_OK) != 0 {
            throw Fault(
                .notFound, "\(Rig.programs)/\(program) is missing: run scripts/build-release.")
        }
        guard access("\(Rig.model)/1.1.0/bearing.onnx", R_OK) == 0 else {
            throw Fault(.notFound, "The model is missing: run scripts/make-model.")
        }
        place = "/var/tmp/nacelle-e2e-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        store = place + "/store"
        try shell("mkdir -m 755 \(place) && mkdir \(place)/run && chmod 755 \(place)/run")
        for key in ["a", "b", "c", "stranger"] { try bundle("keygen", "signing", path(key)) }
        for key in ["device", "other"] { try bundle("keygen", "device", path(key)) }
        try bundle(
            "root", "init", "--root", path("a.pub"), "--targets", path("a.pub"), "--targets",
            path("b.pub"), "--targets", path("c.pub"), "--threshold", "targets=2", "--days", "30",
            "--sign", path("a.key"), "-o", path("root.json"))
        try configure()
    }

    deinit {
        _ = try? shell(
            "pkill -9 -f '^\(place)' ; umount \(place)/disk 2>/dev/null ; rm -rf \(place)")
    }

    func path(_ name: String) -> String { "\(place)/\(name)" }

    /// Writes the configuration; `more` are further lines.
    func configure(_ more: String = "") throws {
        try write(
            "config.yaml",
            """
            machine: [turbine-gateway, test-rig]
            application: bearing
            store: \(store)
            user: daemon
            root: \(place)/root.json
            device-key: \(place)/device.key
            smoke: {user: nobody, runtime-directory: \(place)/run}
            \(more)
            """)
    }

    func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws {
        try Directory.open(path: place).replace(name, with: Array(text.utf8), mode: mode)
        try shell("chmod \(String(mode, radix: 8)) \(path(name))")
    }

    // MARK: Programs

    func nacelle(_ arguments: String...) throws -> Answer {
        try run("nacelle", arguments + ["--config", path("config.yaml")])
    }

    /// Runs the builder, which must succeed.
    @discardableResult
    func bundle(_ arguments: String...) throws -> String {
        try bundle(arguments)
    }

    @discardableResult
    func bundle(_ arguments: [String], within seconds: Int = 120) throws -> String {
        let answer = try run("nacelle-bundle", arguments, within: seconds)
        guard answer.status == 0 else {
            throw Fault(.internalError, "nacelle-bundle \(arguments): \(answer.output)")
        }
        return answer.output
    }

    func run(
        _ program: String, _ arguments: [String], within seconds: Int = 120
    ) throws -> Answer {
        let words = words(program, arguments)
        let command = Command(
            executable: words[0], arguments: Array(words[1...]),
            environment: ["PATH": ExecutableSearch.standardPath], containment: .group,
            output: .captured(tail: 1 << 20), mayGainPrivileges: true)
        let result = try command.run(until: Deadline(after: .seconds(seconds)))
        guard case .exited(let status) = result.status, !result.timedOut else {
            throw Fault(
                .internalError,
                "\(program) \(arguments) \(result.status), timed out: "
                    + "\(result.timedOut): \(result.output)")
        }
        return Answer(status: Int32(status), output: result.output)
    }

    /// How a program is called where this rig's programs run.
    func words(_ program: String, _ arguments: [String]) -> [String] {
        let words = ["\(Rig.programs)/\(program)"] + arguments
        guard let space else { return words }
        return ["/bin/ip", "netns", "exec", space] + words
    }

    /// Runs a line of shell, which must succeed.
    @discardableResult
    func shell(_ line: String) throws -> String {
        let command = Command(
            executable: "/bin/sh", arguments: ["-c", line],
            environment: ["PATH": ExecutableSearch.standardPath], containment: .group,
            output: .captured(tail: 1 << 20))
        let result = try command.run(until: Deadline(after: .seconds(120)))
        guard result.success else {
            throw Fault(.internalError, "“\(line)” \(result.status): \(result.output)")
        }
        return result.output
    }

    // MARK: Bundles

    /// A release of the real model; `options` replaces single lines of the description.
    func release(
        _ version: String, _ counter: Int, model: String = "1.0.0", goldens: String? = nil,
        limit: String = "500ms", memory: String = "512MiB", machine: String = "turbine-gateway"
    ) throws -> String {
        let cases = (0..<8).map { "smoke/test_data_set_\($0)" }.joined(separator: ", ")
        return """
            application: bearing
            version: \(version)
            release-counter: \(counter)
            compatible: [\(machine)]
            tree:
              - {from: \(Rig.programs)/bearing-infer, to: bin/bearing-infer, mode: "755"}
              - {from: \(Rig.model)/runtime/libonnxruntime.so, to: lib/libonnxruntime.so}
              - {from: \(Rig.model)/\(model)/bearing.onnx, to: weights/bearing.onnx}
              - {from: \(Rig.model)/\(goldens ?? model)/smoke, to: smoke}
            compression: {level: 1}
            smoke:
              kind: inference
              program: bin/bearing-infer
              arguments: [--model, weights/bearing.onnx, --runtime, lib/libonnxruntime.so,
                          --socket, "{socket}"]
              model: bearing
              ready-timeout: 30s
              deadline: 60s
              cases: [\(cases)]
              tolerance: {absolute: 0.02, relative: 0.0}
              top1-agreement: 1.0
              latency: {percentile: 95, limit: \(limit), runs: 90, warm-up: 5, confidence: 0.99}
              memory: {limit: \(memory), metric: peak-resident}
            probation: {duration: 300ms, interval: 50ms, start-timeout: 10s, failures: 3}
            """
    }

    /// A release whose program is a shell script: quick to build and to prove.
    func scriptRelease(
        _ version: String, _ counter: Int, script: String = "exit 0", deadline: String = "20s",
        payload: Int = 100_000
    ) throws -> String {
        try write("proof-\(version)", "#!/bin/sh\n\(script)\n", mode: 0o755)
        try shell(
            "mkdir -p \(path("weights")); head -c \(payload) /dev/urandom > \(path("weights"))/\(version)"
        )
        return """
            application: bearing
            version: \(version)
            release-counter: \(counter)
            compatible: [test-rig]
            tree:
              - {from: \(path("proof-\(version)")), to: bin/prove, mode: "755"}
              - {from: \(path("weights"))/\(version), to: weights/model.bin}
            compression: {level: 1}
            smoke: {kind: command, program: bin/prove, deadline: \(deadline)}
            probation: {duration: 200ms, interval: 50ms, start-timeout: 3s, failures: 3}
            """
    }

    /// Builds a description; returns the bundle's path.
    @discardableResult
    func build(
        _ description: String, as name: String, by keys: [String] = ["a", "b"],
        for recipient: String = "device", within seconds: Int = 120
    ) throws -> String {
        try write("\(name).yaml", description)
        try bundle(
            [
                "build", path("\(name).yaml"), "-o", path("\(name).nacelle"), "--recipient",
                path("\(recipient).pub"),
            ] + keys.flatMap { ["--sign", path("\($0).key")] }, within: seconds)
        return path("\(name).nacelle")
    }

    // MARK: What is there

    /// What `current` names.
    var current: String? {
        get throws { try Directory.open(path: store).linkTarget("current") }
    }

    /// The last line of a command's `--json` output.
    func status() throws -> JSONValue {
        let answer = try nacelle("status", "--json")
        let line = answer.output.split(separator: "\n").last ?? ""
        return try JSONReader.read(Array(line.utf8), limits: JSONLimits(bytes: 1 << 20))
    }

    /// The state in a slot's record; `nil` where there is none.
    func state(_ slot: String) throws -> String? {
        guard case .string(let state)? = try status()["slots"]?[slot]?["state"] else { return nil }
        return state
    }

    /// Expects a refusal of one code that leaves what runs as it was, and says so in a sentence.
    func refuses(
        _ code: FaultCode, _ arguments: String..., location: SourceLocation = #_sourceLocation
    ) throws {
        let before = try? current
        let answer = try run("nacelle", arguments + ["--config", path("config.yaml")])
        #expect(
            answer.status == code.exitStatus, "\(arguments): \(answer.output)",
            sourceLocation: location)
        let sentence = answer.output.split(separator: "\n").contains {
            $0.hasPrefix("nacelle: ") && $0.utf8.count > 30
        }
        #expect(sentence, "no sentence: \(answer.output)", sourceLocation: location)
        #expect((try? current) == before, "what runs has changed", sourceLocation: location)
        for slot in ["a", "b"] {
            #expect(
                try state(slot) != "ready", "something is called ready", sourceLocation: location)
        }
    }
}
