import DurableFiles
import Faults
import Glibc
import Processes
import TestKit

/// `nacelle` as it was built with the tests, with a configuration of a test's own.
struct Program {
    let rig: IdentityRig
    var environment: [String: String] = [:]

    /// What it said and how it ended.
    struct Answer {
        var status: Int32
        var output: String
    }

    var configuration: String { rig.scratch + "/config.yaml" }

    /// Writes the configuration; `more` are lines of `identity`.
    func configure(_ more: String..., user: String? = nil) throws {
        let lines =
            [
                "machine: turbine", "root: /none", "store: \(rig.scratch)/store",
                user.map { "user: \($0)" } ?? "",
                "transfer: {authorities: \(rig.certificates.path("ca")), attempts: 2}",
                "identity:", "  directory: \(rig.home)", "  subject: \(IdentityRig.subject)",
            ] + more.map { "  " + $0 }
        try Directory.open(path: rig.scratch).replace(
            "config.yaml", with: Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    /// Runs it to its end.
    func callAsFunction(_ arguments: String...) throws -> Answer {
        let result = try command(arguments).run(until: Deadline(after: .seconds(60)))
        guard case .exited(let status) = result.status else {
            throw Fault(.internalError, "\(arguments): \(result.status) \(result.output)")
        }
        return Answer(status: Int32(status), output: result.output)
    }

    /// Starts it, and kills it after a while, if it has not ended.
    func kill(after time: Duration, _ arguments: String...) throws {
        var child = try ChildProcess.start(try command(arguments))
        if try child.wait(until: Deadline(after: time)) == nil { try child.end() }
    }

    private func command(_ arguments: [String]) throws -> Command {
        Command(
            executable: try Program.path(), arguments: arguments + ["--config", configuration],
            environment: environment.merging(["PATH": ExecutableSearch.standardPath]) { $1 },
            output: .captured(tail: 1 << 20), mayGainPrivileges: true)
    }

    /// It stands in the build folder, beside the tests.
    private static func path() throws -> String {
        let here = "/Tests/DeviceIdentityTests/Program.swift"
        let path = #filePath.dropLast(here.count) + "/.build/debug/nacelle"
        guard access(String(path), X_OK) == 0 else {
            throw Fault(.notFound, "\(path) is missing: run swift build --build-tests.")
        }
        return String(path)
    }
}
