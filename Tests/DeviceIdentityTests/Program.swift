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

    /// It stands beside the tests' own program, wherever that was built and with what it was built.
    private static func path() throws -> String {
        guard let own = unsafe realpath("/proc/self/exe", nil) else {
            throw Fault(.notFound, "The tests' own program has no path.")
        }
        defer { unsafe free(own) }
        let parts = unsafe String(cString: own).split(separator: "/").dropLast()
        let path = "/" + parts.joined(separator: "/") + "/nacelle"
        guard access(path, X_OK) == 0 else {
            throw Fault(.notFound, "\(path) is missing: run swift build --build-tests.")
        }
        return path
    }
}
