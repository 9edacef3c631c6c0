import DurableFiles
import TestKit
import Testing

@testable import Schedule

/// logind's locks: only blocks of shutdown count; no logind is no lock, a bad answer holds back.
@Suite struct LoginInhibitorsTests {
    private let block = #"["shutdown:sleep","Turbine","A run is on","block",0,41]"#
    private let others = [
        #"["shutdown","NetworkManager","needs a moment","delay",0,42]"#,
        #"["sleep:handle-lid-switch","UPower","lid","block",0,43]"#,
        #"["shutdown-not","x","y","block",0,44]"#,
        #"["shutdown","x","y","block-weak",0,45]"#,
    ]

    private func answer(_ locks: [String]) -> String {
        #"{"type":"a(ssssuu)","data":[["# + locks.joined(separator: ",") + "]]}\n"
    }

    @Test func `only a lock that blocks shutdown counts`() {
        #expect(LoginInhibitors.judge(answer([])) == .allows(note: nil))
        #expect(LoginInhibitors.judge(answer(others)) == .allows(note: nil))
        #expect(
            LoginInhibitors.judge(answer(others + [block]))
                == .inhibits("Turbine inhibits shutdown: A run is on"))
    }

    @Test(arguments: [
        "", "null", "{}", #"{"type":"a(ssssuu)"}"#, #"{"type":"s","data":[[]]}"#,
        #"{"type":"a(ssssuu)","data":["x"]}"#, #"{"type":"a(ssssuu)","data":[[1]]}"#,
        #"{"type":"a(ssssuu)","data":[[["a","b","c","block",0]]]}"#,
        #"{"type":"a(ssssuu)","data":[[["a","b","c",4,0,1]]]}"#,
        #"{"type":"a(ssssuu)","data":[[[["deep"],"b","c","block",0,1]]]}"#,
        #"{"type":"a(ssssuu)","data":[[]],"data":[[]]}"#,
    ])
    func `an answer of another form holds back`(text: String) {
        guard case .inhibits(let why) = LoginInhibitors.judge(text) else {
            Issue.record("“\(text)” allows.")
            return
        }
        #expect(why.hasPrefix("logind's answer cannot be read: "))
    }

    @Test func `every answer cut short holds back`() {
        let whole = answer(others + [block])
        for length in 0..<whole.utf8.count - 1 {
            guard case .inhibits = LoginInhibitors.judge(String(whole.prefix(length))) else {
                Issue.record("The first \(length) bytes allow.")
                continue
            }
        }
    }

    /// Asks a script in busctl's place.
    private func ask(_ script: String, timeout: Int64 = 20_000) throws -> InhibitorAnswer {
        try withScratch { scratch in
            try scratch.replace(
                "busctl", with: Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o755)
            return LoginInhibitors.ask(
                program: scratch.path + "/busctl", bus: scratch.path, timeout: timeout)
        }
    }

    @Test func `logind is asked by busctl`() throws {
        let script =
            #"[ "$1 $3 $7" = "--json=short call ListInhibitors" ] || exit 9; "#
            + "printf '%s' '\(answer([block]))'"
        #expect(try ask(script) == .inhibits("Turbine inhibits shutdown: A run is on"))
    }

    @Test(arguments: [
        "Call failed: The name org.freedesktop.login1 was not provided by any .service files",
        "Call failed: Unit dbus-org.freedesktop.login1.service not found.",
        "Call failed: Unit systemd-logind.service is masked.",
    ])
    func `a machine without logind holds nothing back, and says so`(said: String) throws {
        guard case .allows(let note?) = try ask("echo '\(said)' >&2; exit 1") else {
            Issue.record("It holds back, or says nothing.")
            return
        }
        #expect(note.contains("no logind"))
    }

    @Test func `a machine without busctl or bus holds nothing back, and says so`() {
        for answer in [
            LoginInhibitors.ask(program: "/nonexistent/busctl", bus: "/"),
            LoginInhibitors.ask(program: "/bin/true", bus: "/nonexistent/socket"),
        ] {
            guard case .allows(let note?) = answer else {
                Issue.record("\(answer)")
                continue
            }
            #expect(note.contains("no systemd inhibitors"))
        }
    }

    @Test func `a logind that hangs, refuses or says too much holds back`() throws {
        #expect(
            try ask("sleep 1000", timeout: 300)
                == .inhibits("logind did not answer within 300 ms"))
        #expect(
            try ask("echo 'Call failed: Access denied' >&2; exit 1")
                == .inhibits("logind could not be asked: Call failed: Access denied"))
        let long = "head -c 3000000 /dev/zero | tr '\\0' ' '; echo '\(answer([]))'"
        guard case .inhibits = try ask(long) else {
            Issue.record("An answer of 3 MB allows.")
            return
        }
    }
}
