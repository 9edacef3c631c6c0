import DurableFiles
import Faults
import TestKit
import Testing
import Trust

@testable import Agent

@Suite struct ConfigurationTests {
    private func load(_ text: String, _ body: (Configuration) throws -> Void) throws {
        try withScratch { scratch in
            try scratch.replace("config.yaml", with: Array(text.utf8))
            try body(Configuration.load(path: scratch.path + "/config.yaml"))
        }
    }

    @Test func `every part is read, with its defaults`() throws {
        try load("machine: turbine\nroot: /r.json\nstore: /s\n") { (configuration) throws in
            #expect(try configuration.storePath(nil) == "/s")
            #expect(try configuration.storePath("/other") == "/other")
            #expect(try configuration.machine().names == ["turbine"])
            #expect(try configuration.trust() == TrustSettings(root: "/r.json", deviceKey: nil))
            #expect(try configuration.smoke().user == "nobody")
            #expect(try configuration.smoke().isolated)
            #expect(try configuration.activation().restart == [])
            #expect(try configuration.probe() == nil)
        }
    }

    @Test func `a mistake further down does not hide the store and the restart command`() throws {
        try load("store: /s\nactivation: {restart: [/bin/true]}\nprobe: [\n") {
            (configuration) throws in
            #expect(configuration.fault != nil)
            #expect(try configuration.storePath(nil) == "/s")
            #expect(try configuration.activation().restart == ["/bin/true"])
            #expect(throws: Fault.self) { try configuration.probe() }
        }
    }

    @Test func `a store that may stand behind the mistake is not replaced by the default`() throws {
        try load("machine: [\nstore: /s\n") { (configuration) throws in
            #expect(throws: Fault.self) { try configuration.storePath(nil) }
            #expect(try configuration.storePath("/s") == "/s")
        }
    }

    @Test func `without a configuration the default store is meant`() throws {
        let configuration = Configuration.load(path: "/nonexistent/config.yaml")
        #expect(try configuration.storePath(nil) == Configuration.defaultStore)
        #expect(throws: Fault.self) { try configuration.machine() }
        #expect(configuration.check().count == 1)
    }

    @Test func `where updates come from, what may have expired and which keys count is read`()
        throws
    {
        try load("machine: m\nroot: /r\n") { (configuration) throws in
            #expect(try configuration.repository() == nil)
            #expect(try configuration.acceptsExpiredMedia())
            #expect(try configuration.keySchemes() == [.ed25519])
        }
        let text = """
            repository: https://updates.example/fleet/
            expired-media: refuse
            key-schemes: [ed25519, ecdsa-sha2-nistp256]
            """
        try load(text) { (configuration) throws in
            #expect(
                try configuration.repository() == .remote("https://updates.example/fleet/"))
            #expect(try !configuration.acceptsExpiredMedia())
            #expect(try configuration.keySchemes() == [.ed25519, .ecdsa])
        }
        try load("repository: /srv/fleet") { (configuration) throws in
            #expect(try configuration.repository() == .folder("/srv/fleet"))
        }
    }

    @Test(arguments: [
        "repository: fleet", "repository: ftp://h/", "repository: [a]", "expired-media: maybe",
        "key-schemes: [dsa]", "key-schemes: ed25519",
    ])
    func `a mistake in what is trusted is told by its key`(text: String) throws {
        try load("machine: m\nroot: /r\n" + text) { (configuration) throws in
            let key = String(text.prefix { $0 != ":" })
            #expect(configuration.check().contains { $0.message.contains(key) }, "\(text)")
        }
    }

    @Test func `a repository over plain http is found by a check unless that is allowed`() throws {
        let line = "machine: m\nrepository: http://127.0.0.1/fleet/\n"
        try load(line) { (configuration) throws in
            #expect(configuration.check().contains { $0.message.contains("plain http") })
        }
        try load(line + "transfer: {plain-http: true}") { (configuration) throws in
            #expect(!configuration.check().contains { $0.message.contains("plain http") })
        }
    }

    @Test(arguments: [
        "probe: {}", "probe: {socket: /a, command: [/b]}", "probe: {socket: relative}",
        "probe: {tcp: nohost}", "probe: {tcp: 'h:0'}", "probe: {tcp: 'h:99999'}",
        "probe: {command: []}", "probe: {socket: /a, path: ready}", "probe: {sockt: /a}",
        "probe: {socket: /a, timeout: 5}",
    ])
    func `a probe that says nothing, two things or nonsense is refused with its line`(
        text: String
    ) throws {
        try load("machine: m\n" + text) { (configuration) throws in
            let fault = #expect(throws: Fault.self) { try configuration.probe() }
            #expect(fault?.code == .configuration)
            #expect(fault?.message.contains("config.yaml:2:") == true, "\(fault?.message ?? "")")
        }
    }

    @Test func `isolation is given up only by name`() throws {
        try load("smoke: {isolation: none}") { (configuration) throws in
            let smoke = try configuration.smoke()
            #expect(!smoke.isolated)
        }
        try load("smoke: {isolation: false}") { (configuration) throws in
            #expect(throws: Fault.self) { try configuration.smoke() }
        }
    }
}

@Suite struct ActivationConfigurationTests {
    private func load(_ text: String, _ body: (Configuration) throws -> Void) throws {
        try withScratch { scratch in
            try scratch.replace("config.yaml", with: Array(text.utf8))
            try body(Configuration.load(path: scratch.path + "/config.yaml"))
        }
    }

    @Test func `a unit, its hooks and its limits are read`() throws {
        let text = """
            activation:
              unit: bearing.service
              timeout: 90s
              before: [/usr/local/bin/may-restart, now]
              after: [/usr/local/bin/restarted]
              hook-timeout: 5s
              log: [tail, /var/log/bearing.log]
            probe: {socket: /run/b.sock, restarts: 1, memory: 512MB}
            smoke: {unit: nacelle-prove@.service}
            """
        try load(text) { (configuration) throws in
            let activation = try configuration.activation()
            #expect(activation.unit == "bearing.service" && activation.restart == [])
            #expect(activation.timeout == 90_000 && activation.hookTimeout == 5000)
            #expect(activation.before == ["/usr/local/bin/may-restart", "now"])
            #expect(activation.after == ["/usr/local/bin/restarted"])
            #expect(activation.log == ["tail", "/var/log/bearing.log"])
            let probe = try #require(try configuration.probe())
            #expect(probe.restarts == 1 && probe.memory == 512_000_000)
            #expect(try configuration.smoke().unit == "nacelle-prove@.service")
        }
    }

    @Test func `a unit alone is a probe, and none needs a word`() throws {
        for text in [
            "activation: {unit: a.service}", "activation: {unit: a.service}\nprobe: {restarts: 0}",
        ] {
            try load(text) { (configuration) throws in
                #expect(try configuration.probe()?.kind == .unit)
            }
        }
        try load("activation: {restart: [/bin/true]}") { (configuration) throws in
            #expect(try configuration.probe() == nil)
        }
    }

    @Test(arguments: [
        "activation: {unit: a.service, restart: [/bin/true]}", "activation: {unit: bearing}",
        "activation: {unit: '-a.service'}", "activation: {unit: 'a b.service'}",
        "activation: {before: []}", "activation: {hook-timeout: 1ms}", "activation: {log: tail}",
        "probe: {command: [/bin/true], restarts: 2}", "probe: {command: [/bin/true], memory: 5MB}",
        "smoke: {unit: nacelle-prove.service}", "smoke: {unit: 'x@.timer'}",
        "smoke: {unit: '--now@.service'}",
    ])
    func `a mistake in them is told with its line`(text: String) throws {
        try load(text) { (configuration) throws in
            let fault = #expect(throws: Fault.self) {
                _ = try configuration.activation()
                _ = try configuration.probe()
                _ = try configuration.smoke()
            }
            #expect(fault?.code == .configuration)
            #expect(fault?.message.contains("config.yaml:1:") == true, "\(fault?.message ?? "")")
        }
    }

    @Test func `a hook or log that cannot be run is found by a check`() throws {
        for key in ["before", "after", "log", "restart"] {
            try load("machine: m\nactivation: {\(key): [/nonexistent]}") { (configuration) throws in
                #expect(
                    configuration.check().contains { $0.message.contains("“/nonexistent”") })
            }
        }
    }
}
