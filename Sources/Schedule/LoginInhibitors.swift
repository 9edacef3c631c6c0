internal import Faults
internal import Glibc
internal import Processes
internal import StrictJSON

/// logind's inhibitor locks, asked for by `busctl`.
///
/// A machine without logind has no locks, so nothing is held back for ever. A logind that is there
/// and does not answer, or answers what cannot be read, holds back.
enum LoginInhibitors {
    /// The longest answer, in bytes.
    static let limit = 1 << 20
    /// How long an answer may take, in milliseconds.
    static let timeout: Int64 = 10_000
    /// The bus that it is asked by.
    static let bus = "/run/dbus/system_bus_socket"

    /// What busctl says where there is no logind to ask, in the C locale.
    private static let absences = [
        "not provided by any", "ServiceUnknown", "NameHasNoOwner", "has no owner", "not found",
        "is masked", "activation was not requested",
    ]

    /// Asks.
    ///
    /// - Parameters:
    ///   - program: busctl's name or path.
    ///   - bus: the socket of the system's bus.
    ///   - timeout: how long an answer may take, in milliseconds.
    ///   - checkpoint: called about every 50 ms.
    /// - Returns: the answer.
    static func ask(
        program: String = "busctl", bus: String = LoginInhibitors.bus,
        timeout: Int64 = LoginInhibitors.timeout, checkpoint: () throws(Fault) -> Void = {}
    ) -> InhibitorAnswer {
        guard unsafe access(bus, F_OK) == 0 else {
            return .allows(note: "this machine has no system bus, so no systemd inhibitors")
        }
        guard let path = try? ExecutableSearch.find(program), unsafe access(path, X_OK) == 0 else {
            return .allows(note: "this machine has no busctl, so no systemd inhibitors")
        }
        let place = "org.freedesktop.login1"
        let command = Command(
            executable: path,
            arguments: [
                "--json=short", "--timeout=\(max(timeout / 1000, 1))", "call", place,
                "/org/freedesktop/login1", place + ".Manager", "ListInhibitors",
            ], environment: ["PATH": ExecutableSearch.standardPath, "LC_ALL": "C"],
            output: .captured(tail: limit + 1))
        do throws(Fault) {
            let result = try command.run(
                until: Deadline(after: .milliseconds(timeout)), checkpoint: checkpoint)
            if result.success { return judge(result.output) }
            if result.timedOut {
                return .inhibits("logind did not answer within \(timeout) ms")
            }
            let said = Inhibitor.line(result.output)
            if absences.contains(where: said.contains) {
                return .allows(
                    note: "this machine has no logind, so no systemd inhibitors: \(said)")
            }
            let why = said.isEmpty ? "\(result.status)" : said
            return .inhibits("logind could not be asked: \(why)")
        } catch {
            return .inhibits("logind could not be asked: \(Inhibitor.line(error.message))")
        }
    }

    /// What busctl's answer says.
    static func judge(_ output: String) -> InhibitorAnswer {
        do throws(Fault) {
            let locks = try locks(output)
            guard let lock = locks.first(where: \.blocksShutdown) else {
                return .allows(note: nil)
            }
            return .inhibits(
                "\(Inhibitor.line(lock.who)) inhibits shutdown: \(Inhibitor.line(lock.why))")
        } catch {
            return .inhibits("logind's answer cannot be read: \(Inhibitor.line(error.message))")
        }
    }

    private struct Lock {
        var what, who, why, mode: String

        var blocksShutdown: Bool {
            mode == "block" && what.split(separator: ":").contains("shutdown")
        }
    }

    /// Reads `{"type":"a(ssssuu)","data":[[[what, who, why, mode, uid, pid], …]]}`.
    private static func locks(_ output: String) throws(Fault) -> [Lock] {
        let json = try JSONReader.read(
            Array(output.utf8), limits: JSONLimits(bytes: limit, depth: 4, values: 100_000))
        let fields = try JSONFields(json, path: "answer")
        let type = try fields.string("type", limit: 64)
        let data = try fields.array("data", limit: 1)
        guard type == "a(ssssuu)", case .array(let entries)? = data.first else {
            throw Fault(.malformed, "Its type is “\(type)”; a(ssssuu) was expected.")
        }
        var locks: [Lock] = []
        for entry in entries {
            guard case .array(let values) = entry, values.count == 6,
                case .string(let what) = values[0], case .string(let who) = values[1],
                case .string(let why) = values[2], case .string(let mode) = values[3]
            else { throw Fault(.malformed, "One of its locks is not of the expected form.") }
            locks.append(Lock(what: what, who: who, why: why, mode: mode))
        }
        return locks
    }
}
