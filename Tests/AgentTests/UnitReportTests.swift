import Testing

@testable import Agent

@Suite struct UnitReportTests {
    private let answer = """
        NRestarts=2
        MemoryCurrent=1048576
        ActiveState=active
        SubState=running
        ActiveEnterTimestampMonotonic=123456789

        """

    @Test func `what systemd says of a unit is read`() throws {
        let report = try #require(UnitReport(reading: answer))
        #expect(report.activeState == "active" && report.subState == "running")
        #expect(report.restarts == 2 && report.memory == 1 << 20)
        #expect(report.activeSince == 123_456_789)
        #expect(report.problem == nil)
    }

    @Test func `what is not counted is not taken for a number`() throws {
        for memory in ["[not set]", "18446744073709551615", "infinity", ""] {
            let text = "ActiveState=failed\nSubState=failed\nMemoryCurrent=\(memory)\n"
            let report = try #require(UnitReport(reading: text))
            #expect(report.memory == nil && report.restarts == nil && report.activeSince == 0)
            #expect(report.problem == "the unit is failed (failed)")
        }
    }

    @Test(arguments: [
        "", "ActiveState=active\n", "SubState=running\n", "ActiveState\nSubState=running\n",
        "ActiveState=active\nActiveState=active\nSubState=running\n",
        "ActiveState=active\nSubState=running\nExecStart=/bin/sh\n",
        "ActiveState=active\nSubState=running\nNRestarts=-1\n",
        "ActiveState=active\nSubState=running\nNRestarts=9999999999\n",
        "ActiveState=active\nSubState=running\nNRestarts=\n",
        "ActiveState=active\nSubState=running\nActiveEnterTimestampMonotonic=soon\n",
        "ActiveState=ACTIVE\nSubState=running\n", "ActiveState=\nSubState=running\n",
        "Failed to connect to bus: No such file or directory\n",
    ])
    func `an answer of another form says nothing`(text: String) {
        #expect(UnitReport(reading: text) == nil)
    }

    @Test func `an answer that is too long, or damaged at any byte, never traps`() {
        #expect(UnitReport(reading: answer + String(repeating: "x", count: 5000)) == nil)
        let bytes = Array(answer.utf8)
        for place in bytes.indices {
            for byte: UInt8 in [0, 0x0A, 0x3D, 0x39, 0x80, 0xFF] {
                var damaged = bytes
                damaged[place] = byte
                let report = UnitReport(reading: String(decoding: damaged, as: UTF8.self))
                #expect(report.map { $0.restarts ?? 0 <= Int(Int32.max) } ?? true)
            }
        }
    }

    @Test(arguments: ["bearing.service", "a@b.service", "dev-x\\x2d.device", "x.target"])
    func `a unit's whole name is taken`(name: String) { #expect(Systemctl.isUnit(name)) }

    @Test(arguments: [
        "", "bearing", "-a.service", ".service", "a.", "a b.service", "a;b.service", "../a.service",
        "--root=x.service", "é.service", String(repeating: "a", count: 260) + ".service",
    ])
    func `what could be taken for something else is no unit`(name: String) {
        #expect(!Systemctl.isUnit(name))
    }
}
