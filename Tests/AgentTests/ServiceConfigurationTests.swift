import DurableFiles
import Faults
import Schedule
import TestKit
import Testing

@testable import Agent

/// The part `service` of the configuration.
@Suite struct ServiceConfigurationTests {
    private func load(_ text: String, _ body: (Configuration) throws -> Void) throws {
        try withScratch { scratch in
            try scratch.replace("config.yaml", with: Array(text.utf8))
            try body(Configuration.load(path: scratch.path + "/config.yaml"))
        }
    }

    @Test func `without the part the defaults hold`() throws {
        try load("machine: m\n") { (configuration) throws in
            let service = try configuration.service()
            #expect(service == ServiceSettings())
            #expect(service.mode == .install && service.form == .auto && service.poll == 3600)
            #expect(service.windows == .always && service.downloadWindows == .always)
            #expect(service.inhibitors == [] && !service.inhibitsFetch && !service.confirm)
            #expect(service.monthBytes == nil && service.stall == 900_000)
        }
    }

    @Test func `every key is read`() throws {
        let text = """
            service:
              mode: prepare
              poll: 30min
              windows: ["Mon-Fri 22:00-05:00", "Sat,Sun 00:00-24:00 UTC"]
              download-windows: [daily 01:00-06:00]
              inhibitors:
                - {file: /run/turbine/busy}
                - {command: [/usr/local/bin/may-update, now], timeout: 5s}
                - {command: [may-update]}
                - {systemd: true}
              inhibit-fetch: true
              confirm: true
              form: delta
              month-bytes: 500MB
              stall: 20min
            """
        try load(text) { (configuration) throws in
            let service = try configuration.service()
            #expect(service.mode == .prepare && service.poll == 1800)
            #expect(
                try service.windows
                    == MaintenanceWindows(
                        parsing: ["Mon-Fri 22:00-05:00", "Sat,Sun 00:00-24:00 UTC"]))
            #expect(
                try service.downloadWindows
                    == MaintenanceWindows(parsing: ["daily 01:00-06:00"]))
            #expect(
                service.inhibitors == [
                    .file("/run/turbine/busy"),
                    .command(["/usr/local/bin/may-update", "now"], timeout: 5000),
                    .command(["may-update"], timeout: 10_000), .systemd,
                ])
            #expect(service.inhibitsFetch && service.confirm && service.form == .delta)
            #expect(service.monthBytes == 500_000_000 && service.stall == 1_200_000)
        }
    }

    @Test(arguments: [
        ("mode: instal", "service.mode"), ("poll: 1", "service.poll"),
        ("poll: 10s", "service.poll"), ("poll: 2d", "service.poll"),
        ("windows: [Mo 01:00-02:00]", "service.windows[0]"),
        ("windows: [daily 01:00-02:00, never]", "service.windows[1]"),
        ("windows: []", "service.windows"), ("windows: daily 01:00-02:00", "service.windows"),
        ("download-windows: [1]", "service.download-windows[0]"),
        ("inhibitors: [{}]", "service.inhibitors[0]"),
        ("inhibitors: [{file: /a, systemd: true}]", "service.inhibitors[0]"),
        ("inhibitors: [{file: a}]", "service.inhibitors[0].file"),
        ("inhibitors: [{file: /a, timeout: 5s}]", "service.inhibitors[0].timeout"),
        ("inhibitors: [{command: []}]", "service.inhibitors[0].command"),
        ("inhibitors: [{command: [/a], timeout: 5min}]", "service.inhibitors[0].timeout"),
        ("inhibitors: [{systemd: false}]", "service.inhibitors[0].systemd"),
        ("inhibitors: [{files: /a}]", "files"), ("inhibit-fetch: yes", "service.inhibit-fetch"),
        ("confirm: 1", "service.confirm"), ("form: small", "service.form"),
        ("month-bytes: 500", "service.month-bytes"), ("stall: 1s", "service.stall"),
        ("pol: 1h", "pol"),
    ])
    func `a mistake is told with its line and key, and by a check of the whole file`(
        line: String, key: String
    ) throws {
        try load("machine: m\nservice:\n  \(line)\n") { (configuration) throws in
            let fault = try #require(throws: Fault.self) { try configuration.service() }
            #expect(fault.code == .configuration)
            #expect(fault.message.contains("config.yaml:3:"), "\(fault.message)")
            #expect(fault.message.contains("“\(key)”"), "\(fault.message)")
            #expect(configuration.check().contains(fault))
        }
    }

    @Test func `a wrong window is told where it stands`() throws {
        let text = "service:\n  windows:\n    - daily 01:00-02:00\n    - Mon 25:00-26:00\n"
        try load(text) { (configuration) throws in
            let fault = try #require(throws: Fault.self) { try configuration.service() }
            #expect(fault.message.contains("config.yaml:4:7: “service.windows[1]”"))
            #expect(fault.message.contains("“25:00” is no time of a day"))
            #expect(fault.advice.contains("Mon-Fri 22:00-05:00"))
        }
    }
}
