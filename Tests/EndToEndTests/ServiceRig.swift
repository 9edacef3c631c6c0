import DurableFiles
import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// A machine that runs version 1.0.0, and its service, which a test starts, asks, and ends.
///
/// The application is healthy unless a file `sick` lies there and slot b runs.
final class ServiceRig {
    let rig: Rig
    let repository: RepositoryRig?
    private var service: Background?

    /// A machine that looks in a folder.
    static func folder(_ service: String = "") throws -> ServiceRig {
        let rig = try Rig()
        let machine = try ServiceRig(rig, try RepositoryRig(rig))
        try machine.configure(service)
        return machine
    }

    /// Takes a machine, and installs version 1.0.0 on it.
    init(_ rig: Rig, _ repository: RepositoryRig?) throws {
        self.rig = rig
        self.repository = repository
        try rig.write(
            "probe",
            "#!/bin/sh\n[ ! -e \(rig.path("sick")) ] || readlink \(rig.store)/current | grep -q /a\n",
            mode: 0o755)
        try rig.install(rig.scriptRelease("1.0.0", 10, payload: 1000))
    }

    /// Takes a machine as it is.
    init(taking rig: Rig) throws {
        self.rig = rig
        repository = nil
    }

    /// Writes the configuration: keys of two of its parts, where it looks unless in the folder, and
    /// further lines.
    func configure(
        _ service: String = "", activation: String = "restart: [/bin/true]",
        repository place: String? = nil, more: String = ""
    ) throws {
        let place = place ?? repository?.folder
        try rig.configure(
            """
            \(place.map { "repository: \($0)" } ?? "")
            activation: {\(activation)}
            probe: {command: [\(rig.path("probe"))]}
            service: {poll: 1d\(service.isEmpty ? "" : ", ")\(service)}
            \(more)
            """)
    }

    /// Builds a release.
    @discardableResult
    func build(
        _ version: String, _ counter: Int, watched: String = "200ms", payload: Int = 1000
    ) throws -> String {
        try rig.build(
            rig.scriptRelease(version, counter, payload: payload).replacing(
                "duration: 200ms", with: "duration: \(watched)"), as: version)
    }

    /// Puts a release into the repository.
    func publish(
        _ version: String, _ counter: Int, watched: String = "200ms", payload: Int = 1000
    ) throws {
        try repository?.add(build(version, counter, watched: watched, payload: payload))
    }

    // MARK: The service

    /// Starts it, and waits until it has looked after the store.
    func start() throws {
        try rig.shell("rm -f \(rig.path("run/service.json"))")
        service = try rig.start("run")
        try wait("the service is up") { !["", "recovering"].contains(state) }
    }

    /// Asks it for something, as a command does.
    func ask(_ request: String) throws {
        let file = "\(rig.store)/state/requests/\(request)"
        try rig.shell(": > \(file).new && mv \(file).new \(file)")
    }

    /// Has it read its configuration again.
    func reload() throws { if let id = service?.id { Glibc.kill(id, SIGHUP) } }

    /// Ends it by SIGTERM; nothing of it may be left.
    func stop(location: SourceLocation = #_sourceLocation) throws {
        service?.terminate()
        let status = try service?.exitSoon()
        service = nil
        #expect(status == 0, "\(log)", sourceLocation: location)
        #expect(try processes() == [], sourceLocation: location)
    }

    /// Kills it, and what it started where that goes with it, as in a systemd unit.
    func kill(withChildren: Bool) throws {
        let id = service?.id
        let all = try processes()
        service?.kill()
        _ = try? service?.exitSoon()
        service = nil
        for pid in all where withChildren && pid != id { Glibc.kill(pid, SIGKILL) }
        if withChildren { try wait("the children are gone") { try processes() == [] } }
    }

    /// The processes of this machine's commands, of one command or of all.
    func processes(_ command: String = "") throws -> [pid_t] {
        try rig.shell("pgrep -f -- '\(command).*\(rig.place)/[c]onfig.yaml' || true")
            .split(separator: "\n").compactMap { pid_t($0) }
    }

    /// What the service has said so far.
    var log: String { (try? rig.shell("cat \(rig.path("background.log"))")) ?? "" }

    /// What it shows of itself.
    var view: JSONValue? {
        let limit = 1 << 16
        guard let bytes = try? FilePlace.read(rig.path("run/service.json"), limit: limit) else {
            return nil
        }
        return try? JSONReader.read(bytes, limits: JSONLimits(bytes: limit))
    }

    /// The state that it shows; empty where it shows none.
    var state: String { view?.text("state") ?? "" }

    /// Why it waits, as it shows it.
    var reasons: String {
        guard case .array(let reasons)? = view?["reasons"] else { return "" }
        return reasons.map { if case .string(let text) = $0 { text } else { "" } }
            .joined(separator: "; ")
    }

    // MARK: What happens

    /// Waits until something holds, for a minute at most.
    func wait(_ what: String, until holds: () throws -> Bool) throws {
        for _ in 0..<1200 {
            if try holds() { return }
            usleep(50_000)
        }
        throw Fault(
            .internalError, "not within a minute: \(what)\n\(view?.compactText ?? "")\n\(log)")
    }

    /// Looks once more, and waits until that is over.
    func look() throws {
        let before = view?.number("looks") ?? 0
        try ask("check")
        try wait("a look is over") { (view?.number("looks") ?? 0) > before }
    }

    /// Waits until a version is good and the service has nothing to do.
    func waitUntilGood(_ version: String) throws {
        try wait("version \(version) is good") {
            state == "idle" && view?.text("outcome") == "good"
                && view?.text("outcomeVersion") == version
        }
    }

    /// Gives `nacelle update`, and expects how it ends.
    func update(
        expecting outcome: String, status: Int32 = 0, location: SourceLocation = #_sourceLocation
    ) throws {
        let answer = try rig.nacelle("update", "--json")
        #expect(answer.status == status, "\(answer.output)\n\(log)", sourceLocation: location)
        #expect(
            answer.event("result")?.text("outcome") == outcome, "\(answer.output)\n\(log)",
            sourceLocation: location)
    }

    /// How often something stands in the history.
    func times(_ event: String, _ version: String) throws -> Int {
        try rig.nacelle("history", "--json").events.count {
            $0.text("event") == event && $0.text("version") == version
        }
    }

    /// The version that runs.
    var running: String? {
        get throws {
            let slot = try rig.current.map { String($0.suffix(1)) } ?? ""
            return try rig.status()["slots"]?[slot]?.text("version")
        }
    }
}
