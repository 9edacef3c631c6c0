import Building
import DurableFiles
import Faults
import Schedule
import YAML

@testable import Agent
@testable import Building
@testable import Schedule
@testable import YAML

/// What people write: configuration, maintenance windows, build descriptions; and what is asked of
/// this machine.
enum ConfigurationTargets {
    static let all = [
        FuzzTarget("yaml", "YAML, whole and as far as it can be read", read: yaml),
        FuzzTarget("configuration", "the machine's configuration", read: configuration),
        FuzzTarget("maintenance-window", "maintenance windows", longest: 256, read: windows),
        FuzzTarget("build-description", "bundle.yaml", longest: 8192) { input in
            _ = try BuildDescription(input, file: "bundle.yaml", directory: "/nowhere")
        },
        FuzzTarget("provenance", "documents on a version's origin", longest: 8192) { input in
            let content = try ProvenanceContent.read(input)
            try hold(!content.version.isEmpty, "a document without a version")
        },
        FuzzTarget("inhibitors", "logind's locks, as busctl prints them") { input in
            _ = LoginInhibitors.judge(String(decoding: input, as: UTF8.self))
        },
        FuzzTarget("unit-report", "what systemctl prints of a unit", longest: 1024) { input in
            guard let report = text(input).flatMap({ UnitReport(reading: $0) }) else { return }
            try hold(report.text.utf8.count <= 512, "a report of \(report.text.utf8.count) bytes")
            _ = report.problem
        },
    ]

    private static func yaml(_ input: [UInt8]) throws {
        let partial = YAMLReader.readTopLevelTolerantly(input, file: "input")
        let whole: YAMLFields
        do throws(Fault) {
            whole = try YAMLReader.read(input, file: "input")
        } catch {
            try hold(partial.fault != nil, "what is refused whole is good in part")
            throw error
        }
        try hold(partial.fault == nil, "what is good whole is refused in part")
        try hold(
            partial.fields.pairs.map(\.key) == whole.pairs.map(\.key), "other keys in part")
        try hold(whole.pairs.count <= YAMLReader.nodeLimit, "too many keys")
    }

    private static func configuration(_ input: [UInt8]) throws {
        let directory = try Workplace.directory("configuration")
        try Workplace.put("config.yaml", input, in: directory)
        let read = Configuration.load(path: directory.path + "/config.yaml")
        // What a rollback needs is looked for however broken the rest is.
        _ = try? read.storePath(nil)
        _ = try? read.activation()
        _ = read.boot()
        let parts: [() throws -> Void] = [
            { _ = try read.machine() }, { _ = try read.trust() }, { _ = try read.repository() },
            { _ = try read.acceptsExpiredMedia() }, { _ = try read.keySchemes() },
            { _ = try read.smoke() }, { _ = try read.probe() }, { _ = try read.transfer() },
            { _ = try read.maxBytes() }, { _ = try read.identity() }, { _ = try read.service() },
            { _ = try read.fleet() },
        ]
        var refusal: Fault?
        for part in parts {
            do {
                try part()
            } catch let fault as Fault {
                try hold(fault.code != .internalError, "an internal error: \(fault.message)")
                refusal = refusal ?? fault
            }
        }
        if let refusal { throw refusal }
    }

    private static func windows(_ input: [UInt8]) throws {
        guard let text = text(input) else { return }
        let lines = text.split(separator: "\n").map(String.init)
        let windows = try MaintenanceWindows(parsing: lines)
        for window in windows.windows {
            try hold((1...MaintenanceWindow.day).contains(window.length), "\(window.length) s")
            try hold((0..<MaintenanceWindow.day).contains(window.begin), "a begin outside a day")
            try hold(!window.days.isEmpty && window.days.allSatisfy((0..<7).contains), "its days")
        }
        let zone = FixedZone(secondsAhead: 5 * 3600 + 1800)
        for moment: Int64 in [0, 1_795_000_000, 4_000_000_123] {
            switch windows.state(at: moment, zone: zone) {
            case .open(until: nil): break
            case .open(until: .some(let end)):
                try hold(end > moment, "it closes in the past")
                try hold(!windows.state(at: end, zone: zone).isOpen, "it is open at its end")
                try hold(windows.state(at: end - 1, zone: zone).isOpen, "it closes before its end")
            case .closed(let begin):
                try hold(begin > moment, "it opens in the past")
                try hold(windows.state(at: begin, zone: zone).isOpen, "it is closed at its begin")
            }
        }
    }
}
