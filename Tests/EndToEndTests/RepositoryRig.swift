import DurableFiles
import Faults
import Processes
import Testing

/// A machine beside a repository in a folder, whose timestamp and snapshot have a key of their own.
final class RepositoryRig {
    let rig: Rig
    let folder: String

    /// Makes both.
    ///
    /// - Parameters:
    ///   - rig: the machine.
    ///   - folder: the repository's folder.
    /// - Throws: a `Fault` where it cannot be made.
    init(_ rig: Rig, folder: String? = nil) throws {
        self.rig = rig
        self.folder = folder ?? rig.path("fleet")
        try rig.bundle("keygen", "signing", rig.path("online"))
        try rig.shell("rm \(rig.path("root.json"))")
        try rig.bundle(
            [
                "root", "init", "--root", rig.path("a.pub"), "--threshold", "targets=2",
                "--timestamp", rig.path("online.pub"), "--snapshot", rig.path("online.pub"),
                "--days", "400", "--sign", rig.path("a.key"), "-o", rig.path("root.json"),
            ] + ["a", "b", "c"].flatMap { ["--targets", rig.path("\($0).pub")] })
        try rig.configure()
        try repo("init", self.folder, ["--root", rig.path("root.json")])
    }

    /// Runs one of the repository's commands with all keys at hand.
    @discardableResult
    func repo(
        _ command: String, _ folder: String, _ more: [String] = [],
        keys: [String] = ["a", "b"]
    ) throws -> String {
        var words = ["repo", command, folder, "--online-key", rig.path("online.key")] + more
        words += keys.flatMap { ["--targets-key", rig.path("\($0).key")] }
        return try rig.bundle(words)
    }

    /// Adds bundles.
    func add(_ bundles: String..., keys: [String] = ["a", "b"]) throws {
        try repo("add", folder, bundles + ["--key", rig.path("device.key")], keys: keys)
    }

    /// Runs `nacelle` with its clock moved.
    ///
    /// - Parameters:
    ///   - time: as faketime reads it: `+3 days`, `1970-01-02`.
    ///   - arguments: the command.
    /// - Returns: what it said.
    /// - Throws: a `Fault` where it did not end.
    func nacelle(at time: String, _ arguments: String...) throws -> Rig.Answer {
        try moved(time, "nacelle", arguments + ["--config", rig.path("config.yaml")])
    }

    private func moved(
        _ time: String, _ program: String, _ arguments: [String]
    ) throws -> Rig.Answer {
        let command = Command(
            executable: "/usr/bin/faketime",
            arguments: [time, "\(Rig.programs)/\(program)"] + arguments,
            environment: ["PATH": ExecutableSearch.standardPath], containment: .group,
            output: .captured(tail: 1 << 20), mayGainPrivileges: true)
        let result = try command.run(until: Deadline(after: .seconds(120)))
        guard case .exited(let status) = result.status, !result.timedOut else {
            throw Fault(.internalError, "\(program) \(arguments): \(result.output)")
        }
        return Rig.Answer(status: Int32(status), output: result.output)
    }
}
