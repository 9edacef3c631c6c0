import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// The service with a rollout server: what it is told, when, and how often.
struct ServiceRolloutTests {
    /// A machine, and a server that is strict about the protocol.
    private struct Fleet {
        let machine: ServiceRig
        let server: DDIDouble
        /// What goes wrong at the server from now on.
        private static let down = """
            "troubles": [{"match": "GET /DEFAULT/.*", "times": 1000000, "die": "before"},
              {"match": "POST .*", "times": 1000000, "die": "before"}]
            """

        init(_ service: String = "") throws {
            machine = try ServiceRig(try Rig(), nil)
            server = try DDIDouble()
            try machine.rig.write("target.token", "s3cr3t\n", mode: 0o600)
            try configure(service)
        }

        func configure(_ service: String = "", transfer: String = "") throws {
            try machine.configure(
                service,
                more: """
                    fleet:
                      server: \(server.poll)
                      token: {target: \(machine.rig.path("target.token"))}
                    transfer: {plain-http: true, attempts: 1\(transfer)}
                    """)
        }

        /// Says what the server wants.
        func want(
            _ action: String = "8", _ version: String = "1.1.0", cancel: String? = nil,
            isDown: Bool = false, asks: Bool = false
        ) throws {
            let more =
                (cancel.map { ", \"cancel\": {\"id\": \"\($0)\", \"stop\": \"\(action)\"}" } ?? "")
                + (isDown ? ", " + Fleet.down : "")
            try server.script(
                """
                {"root": "\(machine.rig.place)", "token": "TargetToken s3cr3t",
                  "\(asks ? "confirmation" : "deployment")":
                  {"id": "\(action)", "update": "attempt", "chunks": [{"name": "bearing", "version":
                    "\(version)", "artifacts": [{"file": "\(version).nacelle"}]}]}\(more)}
                """)
        }

        /// How an action was closed, each time that it was.
        func closed(_ action: String = "8") throws -> [String] {
            guard case .array(let ends)? = try server.seen()["closed"]?[action] else { return [] }
            return ends.compactMap { if case .string(let text) = $0 { text } else { nil } }
        }

        /// What was told of an action, or of a cancellation (`cancel-ID`).
        func told(_ action: String = "8") throws -> [JSONValue] {
            guard case .array(let statuses)? = try server.seen()["statuses"]?[action] else {
                return []
            }
            return statuses
        }

        /// How each of these was told.
        func executions(_ action: String = "8") throws -> [String] {
            try told(action).compactMap { $0.text("execution") }
        }

        /// Looks again and again until something holds.
        func look(until what: String, _ holds: () throws -> Bool) throws {
            for _ in 0..<60 {
                if try holds() { return }
                try machine.look()
                usleep(200_000)
            }
            throw Fault(.internalError, "not in 60 looks: \(what)\n\(machine.log)")
        }

        /// How many bytes of files the server was asked for.
        func asked() throws -> Int {
            guard case .array(let log)? = try server.seen()["log"] else { return 0 }
            return log.filter { $0.text("path")?.hasPrefix("/files/") == true }.reduce(0) {
                let ends = ($1.text("range") ?? "").dropFirst("bytes=".count).split(separator: "-")
                guard ends.count == 2, let first = Int(ends[0]), let last = Int(ends[1]) else {
                    return .max / 2
                }
                return $0 + last - first + 1
            }
        }

        func expectNoFlaws() throws {
            #expect(try server.seen()["flaws"] == .array([]))
        }
    }

    @Test func `success is told when the probation is over, and failure once, with what was seen`()
        throws
    {
        let fleet = try Fleet()
        let machine = fleet.machine
        try machine.build("1.1.0", 11, watched: "3s")
        try fleet.want()
        try machine.start()
        try machine.look()
        try machine.wait("it is watched") { try machine.rig.state("b") == "trial" }
        try machine.look()
        #expect(try fleet.closed() == [])
        #expect(try machine.rig.state("b") == "trial")
        try machine.wait("it is good") { machine.view?.text("outcome") == "good" }
        try fleet.look(until: "success is told") { try !fleet.closed().isEmpty }
        #expect(try fleet.closed() == ["success"])
        let steps = try fleet.executions()
        #expect(steps.last == "closed" && steps.count { $0 == "closed" } == 1, "\(steps)")
        #expect(steps.contains("proceeding") && steps.contains("download"), "\(steps)")

        // One that fails here, offered by an action of its own.
        try machine.rig.shell(
            "printf '#!/bin/sh\\necho out of oil; readlink \(machine.rig.store)/current | grep -q /b'"
                + " > \(machine.rig.path("probe"))")
        try machine.build("1.2.0", 12, payload: 2_000_000)
        try fleet.want("9", "1.2.0")
        try fleet.look(until: "failure is told") { try !fleet.closed("9").isEmpty }
        #expect(try machine.running == "1.1.0")
        let end = try #require(try fleet.told("9").last)
        #expect(end.compactText.contains("The version before runs again"), "\(end.compactText)")
        #expect(end.compactText.contains("out of oil"), "\(end.compactText)")
        // Offered once more, it is refused with the reason, and not fetched.
        try fleet.server.clear()
        try fleet.want("10", "1.2.0")
        try fleet.look(until: "failure is told") { try !fleet.closed("10").isEmpty }
        #expect(try fleet.closed("10") == ["failure"])
        let again = try #require(try fleet.told("10").last)
        #expect(again.compactText.contains("denied"), "\(again.compactText)")
        #expect(try fleet.asked() < 500_000)
        #expect(try machine.times("swapped", "1.2.0") == 1)
        for _ in 0..<3 { try machine.look() }
        #expect(try fleet.closed("9").isEmpty && fleet.closed("10").count == 1)
        try fleet.expectNoFlaws()
    }

    @Test func `a cancel is granted before the swap, and then the next action is done`() throws {
        let fleet = try Fleet("inhibitors: [{command: [/bin/false]}]")
        let machine = fleet.machine
        try machine.build("1.1.0", 11)
        try fleet.want()
        try machine.start()
        try machine.look()
        try machine.wait("it is held back") {
            try machine.state == "waiting" && machine.rig.state("b") == "ready"
        }
        try fleet.want(cancel: "81")
        try fleet.look(until: "the cancel is granted") { try fleet.closed() == ["cancelled"] }
        #expect(try fleet.executions("cancel-81") == ["closed"])
        try machine.wait("nothing is left to do") { machine.state == "idle" }
        #expect(try machine.running == "1.0.0")
        try fleet.configure()
        try machine.reload()
        try fleet.want("9")
        try fleet.look(until: "success is told") { try fleet.closed("9") == ["success"] }
        #expect(try machine.running == "1.1.0")
        try fleet.expectNoFlaws()
    }

    @Test func `a cancel in the probation is refused, and the end is told all the same`() throws {
        let fleet = try Fleet()
        let machine = fleet.machine
        try machine.build("1.1.0", 11, watched: "5s")
        try fleet.want()
        try machine.start()
        try machine.look()
        try machine.wait("it is watched") { try machine.rig.state("b") == "trial" }
        try fleet.want(cancel: "81")
        try fleet.look(until: "the cancel is refused") { try !fleet.told("cancel-81").isEmpty }
        #expect(try fleet.executions("cancel-81") == ["rejected"])
        let words = try #require(try fleet.told("cancel-81").first)
        #expect(words.compactText.contains("being watched"), "\(words.compactText)")
        try fleet.look(until: "success is told") { try fleet.closed() == ["success"] }
        #expect(try machine.running == "1.1.0")
        try fleet.expectNoFlaws()
    }

    @Test func `what the server asks a person is asked, and the answer is told`() throws {
        let fleet = try Fleet()
        let machine = fleet.machine
        try machine.build("1.1.0", 11)
        try fleet.want(asks: true)
        try machine.start()
        try machine.look()
        try machine.wait("it waits for a person") {
            machine.state == "waiting" && machine.reasons.contains("a person's yes")
        }
        #expect(try machine.rig.state("b") == nil)
        #expect(try machine.rig.nacelle("confirm").status == 0)
        try fleet.look(until: "success is told") { try fleet.closed() == ["success"] }
        #expect(try fleet.server.seen()["confirmed"]?["8"] == .string("confirmed"))
        #expect(try machine.running == "1.1.0")

        try machine.build("1.2.0", 12)
        try fleet.want("9", "1.2.0", asks: true)
        try fleet.look(until: "it waits for a person") { machine.state == "waiting" }
        #expect(try machine.rig.nacelle("refuse").status == 0)
        try fleet.look(until: "the no is told") {
            try fleet.server.seen()["confirmed"]?["9"] == .string("denied")
        }
        #expect(try machine.running == "1.1.0")
        #expect(try machine.times("swapped", "1.2.0") == 0)

        // Who asks for an update says yes, and hears of its end.
        try machine.build("1.3.0", 13)
        try fleet.want("10", "1.3.0", asks: true)
        try fleet.look(until: "it waits for a person") {
            machine.state == "waiting" && machine.view?.text("version") == "1.3.0"
        }
        try machine.update(expecting: "good")
        #expect(try machine.running == "1.3.0")
        try machine.stop()
        try machine.build("1.4.0", 14)
        try fleet.want("11", "1.4.0", asks: true)
        try machine.start()
        try fleet.look(until: "it waits for a person") {
            machine.state == "waiting" && machine.view?.text("version") == "1.4.0"
        }
        try machine.stop()
        try machine.update(expecting: "good")
        #expect(try machine.running == "1.4.0")
        try fleet.expectNoFlaws()
    }

    @Test func `a cancel of the server ends what is fetched, and a person hears of an update`()
        throws
    {
        let fleet = try Fleet()
        let machine = fleet.machine
        try machine.build("1.1.0", 11, payload: 3_000_000)
        try fleet.want()
        try fleet.configure(transfer: ", bandwidth: 200kB")
        try machine.start()
        try machine.look()
        try machine.wait("bytes come") { try !machine.processes("--prepare").isEmpty }
        try fleet.want(cancel: "81")
        try fleet.look(until: "the cancel is granted") { try fleet.closed() == ["cancelled"] }
        #expect(try fleet.executions("cancel-81") == ["closed"])
        #expect(try machine.processes("--prepare") == [])
        try fleet.configure()
        try machine.reload()
        try fleet.want("9")
        try machine.update(expecting: "good")
        try fleet.look(until: "success is told") { try fleet.closed("9") == ["success"] }
        #expect(try machine.running == "1.1.0")
        try fleet.expectNoFlaws()
    }

    @Test func `an outcome that nobody could hear is told later, once, also by the next service`()
        throws
    {
        let fleet = try Fleet()
        let machine = fleet.machine
        try machine.build("1.1.0", 11, watched: "1s")
        try fleet.want()
        try machine.start()
        try machine.look()
        try machine.wait("it is watched") { try machine.rig.state("b") == "trial" }
        try fleet.want(isDown: true)
        try machine.wait("it is good") { machine.view?.text("outcome") == "good" }
        try machine.look()
        #expect(machine.view?.text("problem")?.isEmpty == false)
        #expect(try fleet.closed() == [])
        let page = try machine.rig.nacelle("status").output
        #expect(page.contains("wait for the rollout server"), "\(page)")
        try machine.kill(withChildren: true)
        try fleet.want()
        try machine.start()
        try fleet.look(until: "success is told") { try !fleet.closed().isEmpty }
        for _ in 0..<3 { try machine.look() }
        #expect(try fleet.closed() == ["success"])
        #expect(try fleet.executions().count { $0 == "closed" } == 1)
        #expect(try machine.times("swapped", "1.1.0") == 1)
        try fleet.expectNoFlaws()
    }
}
