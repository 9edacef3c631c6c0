import DurableFiles
import Faults
import Glibc
import TestKit
import Testing

@testable import Processes

/// Runs a shell script in the containment given.
private func shell(
    _ script: String, _ containment: Containment = .tree, within: Duration = .seconds(20),
    change: (inout Command) -> Void = { _ in }
) throws -> CommandResult {
    var command = Command(
        executable: "/bin/sh", arguments: ["-c", script],
        environment: ["PATH": ExecutableSearch.standardPath], containment: containment)
    change(&command)
    return try command.run(until: Deadline(after: within))
}

@Suite struct ChildProcessTests {
    @Test(arguments: [Containment.group, .tree])
    func `exit status, signal and output are told`(containment: Containment) throws {
        let failed = try shell("echo out; echo err >&2; exit 7", containment)
        #expect(failed.status == .exited(7))
        #expect(failed.output == "out\nerr\n")
        #expect(!failed.success && !failed.timedOut)
        #expect(try shell("kill -TERM $$", containment).status == .signalled(SIGTERM))
        #expect(try shell("exit 0", containment).success)
    }

    @Test func `the environment is exactly what was given and standard input is empty`() throws {
        let result = try Command(
            executable: "/usr/bin/env", environment: ["B": "2 =", "A": "1"]
        ).run(until: Deadline(after: .seconds(10)))
        #expect(result.output == "A=1\nB=2 =\n")
        #expect(try shell("cat").output == "")
    }

    @Test func `descriptors of this process do not reach the child`() throws {
        try withScratch { scratch in
            let secret = try scratch.create("secret")
            // Also one that is not close-on-exec.
            let leaked = dup(secret.raw)
            defer { _ = close(leaked) }
            let result = try shell("ls /proc/self/fd | tr '\\n' ' '")
            // The fourth is ls reading the directory.
            #expect(result.output == "0 1 2 3 ")
        }
    }

    @Test func `handlers and mask of this process do not reach the child`() throws {
        var all = sigset_t()
        sigemptyset(&all)
        sigaddset(&all, SIGUSR1)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        defer { pthread_sigmask(SIG_UNBLOCK, &all, nil) }
        let result = try Command(executable: "/bin/cat", arguments: ["/proc/self/status"])
            .run(until: Deadline(after: .seconds(10)))
        for field in ["SigBlk", "SigIgn", "SigCgt"] {
            #expect(result.output.contains("\(field):\t0000000000000000\n"))
        }
    }

    @Test func `only the end of endless output is kept`() throws {
        let result = try shell("yes | head -c 3000000; echo END") {
            $0.output = .captured(tail: 1000)
        }
        #expect(result.output.utf8.count == 1000)
        #expect(result.output.hasSuffix("y\nEND\n"))
        let endless = try shell("yes", within: .milliseconds(300)) {
            $0.output = .captured(tail: 10)
        }
        #expect(endless.timedOut && endless.output.count <= 10)
    }

    @Test func `output cannot steer a terminal`() throws {
        let result = try shell("printf '\\033[2Jx\\342\\200\\256\\377'")
        #expect(result.output == "\u{FFFD}[2Jx\u{FFFD}")
    }

    @Test(arguments: [Containment.group, .tree])
    func `what ignores SIGTERM is killed at the deadline`(containment: Containment) throws {
        let result = try shell(
            "trap '' TERM HUP INT; while :; do sleep 1; done", containment,
            within: .milliseconds(200))
        #expect(result.timedOut)
        #expect(result.status == .signalled(SIGKILL))
    }

    @Test func `a double-forked grandchild in a session of its own dies with the tree`() throws {
        let mark = mark()
        let daemon = "(setsid sh -c 'setsid sleep \(mark) &' &) ; sleep 0.3"
        let ended = try shell("\(daemon); exit 3")
        #expect(ended.status == .exited(3))
        #expect(try !sleeps(mark))
        let killed = try shell("\(daemon); sleep 100", within: .milliseconds(700))
        #expect(killed.timedOut)
        #expect(try !sleeps(mark))
    }

    @Test func `a group leaves running what it started in the background`() throws {
        let mark = mark()
        let ended = try shell("sleep \(mark) >/dev/null 2>&1 & echo $!", .group)
        #expect(ended.success)
        // It may not have got to its exec yet.
        for _ in 0..<500 where try !sleeps(mark) { usleep(10_000) }
        #expect(try sleeps(mark))
        let pid = try #require(pid_t(ended.output.split(separator: "\n").first ?? ""))
        kill(pid, SIGKILL)
    }

    @Test func `an owner that goes ends and reaps its child`() throws {
        let mark = mark()
        do {
            let child = try ChildProcess.start(
                Command(executable: "/bin/sleep", arguments: [mark]))
            #expect(try sleeps(mark))
            _ = consume child
        }
        #expect(try !sleeps(mark))
        // Other tests' children may exist; none of ours is left as a zombie of this name.
        #expect(try !shell("ps -o comm,stat --ppid \(getpid())").output.contains("sleep <defunct>"))
    }

    @Test func `what cannot be executed is told in words`() throws {
        let absent = #expect(throws: Fault.self) {
            _ = try ChildProcess.start(Command(executable: "/nowhere/program"))
        }
        #expect(absent?.code == .notFound)
        #expect(absent?.cause == "No such file or directory")
        let directory = #expect(throws: Fault.self) {
            _ = try ChildProcess.start(Command(executable: "/bin/sh", directory: "/nowhere"))
        }
        #expect(directory?.code == .notFound)
        #expect(directory?.message.contains("/nowhere") == true)
        try withScratch { scratch in
            try scratch.replace("plain", with: [1, 2, 3], mode: 0o755)
            try scratch.replace("mode", with: [1, 2, 3], mode: 0o644)
            let format = #expect(throws: Fault.self) {
                _ = try ChildProcess.start(Command(executable: scratch.path + "/plain"))
            }
            #expect(format?.code == .unsupported)
            let mode = #expect(throws: Fault.self) {
                _ = try ChildProcess.start(Command(executable: scratch.path + "/mode"))
            }
            #expect(mode?.code == .permission)
        }
        #expect(throws: Fault.self) { _ = try ChildProcess.start(Command(executable: "sh")) }
        #expect(throws: Fault.self) {
            _ = try ChildProcess.start(Command(executable: "/bin/sh", arguments: ["a\0b"]))
        }
    }

    @Test func `limits, mask, session and lost privileges reach the program`() throws {
        let result = try shell(
            "ulimit -c; ulimit -f; ulimit -n; umask; grep NoNewPrivs /proc/self/status; "
                + "cat /proc/self/oom_score_adj; ps -o sid= -p $$ | tr -d ' '; echo $$"
        ) {
            $0.limits = ProcessLimits(fileSize: 1 << 20, files: 64)
            $0.mask = 0o077
            $0.firstToDie = true
        }
        var lines = result.output.split(separator: "\n").map(String.init)
        let pid = lines.popLast()
        #expect(lines.popLast() == pid)
        #expect(lines == ["0", "2048", "64", "0077", "NoNewPrivs:\t1", "1000"])
    }

    @Test func `memory of the whole tree is measured, the keeper left out`() throws {
        let python = try ExecutableSearch.find("python3")
        let script = """
            import os, time
            b = bytearray(80 << 20)
            if os.fork() == 0:
                c = bytearray(80 << 20)
                time.sleep(1000)
            print("grown", flush=True)
            time.sleep(1000)
            """
        var child = try ChildProcess.start(
            Command(executable: python, arguments: ["-c", script]))
        var seen = ProcessMemory()
        for _ in 0..<500 where seen.resident < 220 << 20 {
            seen = try child.memory()
            try child.wait(until: Deadline(after: .milliseconds(20)))
        }
        #expect(seen.processes == 2)
        #expect(seen.resident >= 220 << 20)
        #expect(seen.highest >= 80 << 20 && seen.highest < seen.resident)
        try child.end()
        #expect(try child.memory() == ProcessMemory())
    }

    @Test func `fields of proc status are read and garbage counts as nothing`() {
        let status = Array("Name:\tx\nVmHWM:\t    1234 kB\nVmRSS:\t99999999999999999999 kB\n".utf8)
        #expect(ProcessMemory.kibibytes("VmHWM:", in: status) == 1234)
        #expect(ProcessMemory.kibibytes("VmRSS:", in: status) == 999_999_999_999_999)
        #expect(ProcessMemory.kibibytes("VmPeak:", in: status) == 0)
    }

    @Test func `programs are found by name, absolute paths kept, others refused`() throws {
        #expect(try ExecutableSearch.find("sh", path: "relative:/nowhere:/bin") == "/bin/sh")
        #expect(try ExecutableSearch.find("/any/where") == "/any/where")
        for name in ["", "a/b", "no-such-program-here", "a\0b"] {
            #expect(throws: Fault.self) { try ExecutableSearch.find(name) }
        }
    }

    @Test func `a checkpoint that throws ends the command`() throws {
        let mark = mark()
        let command = Command(executable: "/bin/sleep", arguments: [mark])
        let stop: () throws(Fault) -> Void = { () throws(Fault) in throw Fault(.cancelled, "Stop.")
        }
        let fault = #expect(throws: Fault.self) {
            _ = try command.run(until: Deadline(after: .seconds(60)), checkpoint: stop)
        }
        #expect(fault?.code == .cancelled)
        #expect(try !sleeps(mark))
    }
}
