import DurableFiles
import Faults
import Glibc
import TestKit
import Testing

@testable import Schedule

/// What holds a version back: files, commands and logind's locks; what cannot be learned does too.
@Suite struct InhibitorTests {
    @Test func `a file inhibits while it exists, whatever it is`() throws {
        try withScratch { scratch in
            let path = scratch.path + "/busy"
            #expect(Inhibitor.file(path).ask() == .allows(note: nil))
            #expect(Inhibitor.file(path + "/below/nothing").ask() == .allows(note: nil))
            try scratch.replace("busy", with: [])
            #expect(Inhibitor.file(path).ask() == .inhibits("\(path) exists"))
            #expect(Inhibitor.file(path + "/below").ask() == .allows(note: nil))
            try scratch.remove("busy")
            try scratch.replaceLink("busy", target: "nowhere")
            #expect(Inhibitor.file(path).ask() == .inhibits("\(path) exists"))
        }
    }

    @Test func `a file of which nothing can be learned inhibits`() {
        let answer = Inhibitor.file("/" + String(repeating: "x", count: 300)).ask()
        guard case .inhibits(let why) = answer else {
            Issue.record("It allows.")
            return
        }
        #expect(why.contains("cannot be learned"))
    }

    private func shell(_ script: String, timeout: Int64 = 20_000) -> InhibitorAnswer {
        Inhibitor.command(["/bin/sh", "-c", script], timeout: timeout).ask()
    }

    @Test func `a command that exits 0 allows, any other end inhibits with its first line`() {
        #expect(shell("echo fine") == .allows(note: nil))
        #expect(
            shell("echo; echo 'a shift is running'; echo more; exit 3")
                == .inhibits("/bin/sh: a shift is running"))
        #expect(shell("exit 3") == .inhibits("/bin/sh: exited with status 3"))
        #expect(
            shell("kill -9 $$") == .inhibits("/bin/sh: was ended by signal 9 (Killed)"))
    }

    @Test func `what a command prints is shown short and without control characters`() {
        let loud = "printf '\\033[31mred\\007'; yes x | tr -d '\\n' | head -c 99999; exit 1"
        guard case .inhibits(let why) = shell(loud) else {
            Issue.record("It allows.")
            return
        }
        #expect(why.unicodeScalars.count <= 220)
        #expect(why.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
    }

    @Test func `a command that hangs is killed and inhibits`() throws {
        try withScratch { scratch in
            let answer = shell("echo $$ > \(scratch.path)/pid; sleep 1000", timeout: 300)
            #expect(answer == .inhibits("/bin/sh did not end within 300 ms, and was killed"))
            guard let bytes = try scratch.read("pid", limit: 32),
                let pid = pid_t(String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" })
            else { return }
            #expect(kill(pid, 0) == -1)
        }
    }

    @Test func `a command that cannot be started, or is broken off, inhibits`() {
        for inhibitor in [
            Inhibitor.command(["/nonexistent"], timeout: 1000), .command([], timeout: 1000),
            .command(["no-such-program-here"], timeout: 1000),
        ] {
            guard case .inhibits = inhibitor.ask() else {
                Issue.record("\(inhibitor) allows.")
                continue
            }
        }
        let broken = Inhibitor.command(["/bin/sleep", "1000"], timeout: 60_000).ask {
            () throws(Fault) in throw Fault(.cancelled, "Stopped.")
        }
        #expect(broken == .inhibits("/bin/sleep could not be asked: Stopped."))
    }

    @Test func `several are asked in their order`() {
        let answers = Inhibitor.ask([
            .command(["/bin/true"], timeout: 20_000), .command(["/bin/false"], timeout: 20_000),
        ])
        #expect(
            answers == [.allows(note: nil), .inhibits("/bin/false: exited with status 1")])
    }
}
