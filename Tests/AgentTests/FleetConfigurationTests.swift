import DurableFiles
import Faults
import Fleet
import Sealing
import Slots
import TestKit
import Testing
import Transport

@testable import Agent

/// The part of the configuration about a rollout server, and what that server is told.
@Suite struct FleetConfigurationTests {
    private func read(
        _ part: String, more: String = "", token: String = "s3cr3t\n", mode: UInt32 = 0o600,
        _ body: (Configuration) throws -> Void
    ) throws {
        try withScratch { scratch in
            try scratch.replace("token", with: Array(token.utf8), mode: mode)
            let text = part.replacing("TOKEN", with: scratch.path + "/token")
            try scratch.replace("config.yaml", with: Array((text + "\n" + more).utf8))
            try body(Configuration.load(path: scratch.path + "/config.yaml"))
        }
    }

    private func refusal(
        _ part: String, more: String = "", token: String = "s3cr3t", mode: UInt32 = 0o600
    ) throws -> Fault {
        var refusal: Fault?
        try read(part, more: more, token: token, mode: mode) { configuration in
            do {
                if let fleet = try configuration.fleet() {
                    _ = try configuration.transfer(to: fleet)
                    try configuration.checkFleet()
                }
            } catch let fault as Fault {
                refusal = fault
            }
        }
        return try #require(refusal)
    }

    static let server = "fleet: {server: 'https://hawkbit.example/DEFAULT/controller/v1/t-7'"

    @Test func `a server, a token and attributes are read`() throws {
        try read(
            Self.server
                + ", token: {gateway: TOKEN}, forced: now, confirmation: auto, attributes: {site: n}}"
        ) { configuration in
            let fleet = try #require(try configuration.fleet())
            #expect(fleet.server.address.hasSuffix("/t-7"))
            #expect(fleet.forcedPassesWindows && fleet.confirmsByItself)
            #expect(fleet.attributes == ["site": "n"])
            let settings = try configuration.transfer(to: fleet)
            let credential = try #require(settings.credential)
            #expect(credential.origin == fleet.server.origin)
            #expect(!"\(settings) \(credential)".contains("s3cr3t"))
            try configuration.checkFleet()
        }
        try read(Self.server + ", token: {target: TOKEN}}") { configuration in
            let fleet = try #require(try configuration.fleet())
            #expect(!fleet.forcedPassesWindows && !fleet.confirmsByItself)
        }
        try read("machine: x") { configuration in
            let none = try configuration.fleet() == nil
            #expect(none)
        }
    }

    @Test func `what is wrong is told with its place, and no secret with it`() throws {
        for (part, words) in [
            ("fleet: {server: 'http://a.example/x', token: {target: TOKEN}}", "plain http"),
            ("fleet: {server: 'hawkbit.example', token: {target: TOKEN}}", "cannot be used"),
            ("fleet: {server: 'https://u:p@a.example/x', token: {target: TOKEN}}", "a user"),
            ("fleet: {token: {target: TOKEN}}", "server"),
            (Self.server + ", token: {target: TOKEN, gateway: TOKEN}}", "only one"),
            (Self.server + ", token: {}}", "only one"),
            (Self.server + ", token: {target: relative}}", "absolute"),
            (Self.server + ", token: {target: /none/at/all}}", "/none/at/all"),
            (Self.server + "}", "no token"),
            (Self.server + ", forced: always}", "forced"),
            (Self.server + ", confirmation: never}", "confirmation"),
            (Self.server + ", attributes: {sw_version: '9'}}", "sw_version"),
            (Self.server + ", tokens: x}", "tokens"),
        ] {
            let got = try refusal(part)
            #expect("\(got)".contains(words), "\(part): \(got)")
        }
        for token in ["", "two words", "s3cr3t\nmore", String(repeating: "x", count: 129), "é"] {
            let got = try refusal(Self.server + ", token: {target: TOKEN}}", token: token)
            #expect(got.code == .configuration && got.message.contains("does not hold one token"))
            #expect(!"\(got)".contains("s3cr3t"))
        }
        let open = try refusal(Self.server + ", token: {target: TOKEN}}", mode: 0o644)
        #expect(open.code == .permission && open.advice.contains("chmod 600"), "\(open)")
    }

    private func record(_ version: String, _ state: SlotRecord.State) throws -> SlotRecord {
        let tree = try #require(Digest(hex: String(repeating: "ab", count: 32)))
        return SlotRecord(
            state: state,
            identity: VersionIdentity(
                application: "bearing", version: version, releaseCounter: 7, tree: tree),
            bundle: "00")
    }

    @Test func `in probation the version before is told, and that another is tried`() throws {
        let machine = MachineSettings(names: ["turbine", "x"], application: nil, accelerators: [])
        func told(_ snapshot: StoreSnapshot, _ more: [String: String] = [:]) -> [String: String] {
            let data = FleetAttributes.make(machine, more, snapshot, application: "bearing")
            return Dictionary(uniqueKeysWithValues: data.attributes.map { ($0.name, $0.value) })
        }
        let empty = told(StoreSnapshot(current: nil, a: .none, b: .none))
        #expect(empty["sw_version"] == "0" && empty["health"] == "empty")
        #expect(empty["hw_boardname"] == "turbine" && empty["hw_revision"] == "default")
        var trial = try record("1.1.0", .trial)
        trial.fallback = .b
        let good = try record("1.0.0", .good)
        let during = told(StoreSnapshot(current: .a, a: .record(trial), b: .record(good)))
        #expect(during["sw_version"] == "1.0.0" && during["trial_version"] == "1.1.0")
        #expect(during["health"] == "trial" && during["tree"]?.hasPrefix("abab") == true)
        let after = told(
            StoreSnapshot(current: .b, a: .none, b: .record(good)),
            ["hw_revision": "2", "site": "n"])
        #expect(after["sw_version"] == "1.0.0" && after["health"] == "good")
        #expect(
            after["hw_revision"] == "2" && after["site"] == "n" && after["trial_version"] == nil)
    }
}
