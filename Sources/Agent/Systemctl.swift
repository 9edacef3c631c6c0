internal import Faults
internal import Processes

/// Asks systemd, over D-Bus by its own client; every call has a deadline.
///
/// A client that is killed leaves the job that it asked for to systemd.
struct Systemctl {
    private let program: String

    /// How long a question may take, in milliseconds.
    static let patience: Int64 = 5000

    /// Finds the client.
    ///
    /// - Parameter name: its name or its path.
    /// - Throws: a `Fault` of code `configuration` where this machine has none.
    init(_ name: String = "systemctl") throws(Fault) {
        guard let path = Activation.find(name) else {
            throw Fault(
                .configuration, "A unit is configured, and this machine has no \(name).",
                advice: "Configure commands in place of units, or install systemd.")
        }
        program = path
    }

    /// Runs it.
    ///
    /// - Parameters:
    ///   - words: its arguments.
    ///   - milliseconds: how long it may take.
    ///   - checkpoint: called about every 50 ms; when it throws, the client is killed.
    /// - Returns: how it ended.
    /// - Throws: a `Fault` where it cannot be started, or what `checkpoint` throws.
    func run(
        _ words: [String], within milliseconds: Int64,
        checkpoint: () throws(Fault) -> Void = {}
    ) throws(Fault) -> CommandResult {
        // Nobody is there to give a password.
        let command = Activation.command(
            program, ["--no-ask-password"] + words, environment: ["SYSTEMD_COLORS": "0"])
        return try command.run(
            until: Deadline(after: .milliseconds(milliseconds)), checkpoint: checkpoint)
    }

    /// What systemd says of a unit; `nil` where it does not say it in time, or not in this form.
    func show(
        _ unit: String, checkpoint: () throws(Fault) -> Void = {}
    ) throws(Fault) -> UnitReport? {
        let words = ["show", "-p", UnitReport.properties.joined(separator: ","), unit]
        let result = try run(words, within: Systemctl.patience, checkpoint: checkpoint)
        return result.success ? UnitReport(reading: result.output) : nil
    }

    /// Whether a text is a unit's whole name, which can be taken for nothing else.
    static func isUnit(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (3...255).contains(bytes.count), bytes[0] != UInt8(ascii: "-"),
            let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0, dot + 1 < bytes.count
        else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: ":-_.\\@".utf8.contains(byte)
            }
        }
    }
}
