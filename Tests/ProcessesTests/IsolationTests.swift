import DurableFiles
import Faults
import Glibc
import TestKit
import Testing

@testable import Processes

/// Isolation is what these tests are about, so without root they fail and say so.
func requireRoot() throws {
    guard geteuid() == 0 else {
        throw Fault(.permission, "These tests isolate processes: run them as root.")
    }
}

let nobody = UserAccount(user: 65534, group: 65534)

/// Runs a shell script isolated, as `nobody`, with a work directory.
private func isolated(
    _ script: String, in scratch: borrowing Directory, bytes: UInt64 = 1 << 20,
    within: Duration = .seconds(20), data: UInt64? = nil
) throws -> CommandResult {
    let work = WorkDirectory(
        path: scratch.path + "/work", bytes: bytes, entries: 64, owner: nobody.user)
    return try Command(
        executable: "/bin/sh", arguments: ["-c", script],
        environment: ["PATH": ExecutableSearch.standardPath, "W": work.path],
        directory: scratch.path, identity: nobody.identity, limits: ProcessLimits(data: data),
        containment: .namespaces(Isolation(work: work, readOnly: [scratch.path])), mask: 0,
        firstToDie: true
    ).run(until: Deadline(after: within))
}

@Suite struct IsolationTests {
    private func withWork(_ body: (borrowing Directory) throws -> Void) throws {
        try requireRoot()
        try withScratch { scratch in
            _ = try scratch.make("work")
            try body(scratch)
        }
    }

    @Test func `the check passes here and refuses what is no user's number in words`() throws {
        try requireRoot()
        try IsolationSupport.check(nobody.identity)
    }

    @Test func `the program is another user without groups or privileges`() throws {
        try withWork { scratch in
            let result = try isolated(
                "id -u; id -g; id -G; grep -E 'CapEff|CapPrm|NoNewPrivs' /proc/self/status; "
                    + "cat /proc/self/oom_score_adj", in: scratch)
            let none = "0000000000000000"
            #expect(
                result.output == """
                    65534
                    65534
                    65534
                    CapPrm:\t\(none)
                    CapEff:\t\(none)
                    NoNewPrivs:\t1
                    1000

                    """)
        }
    }

    @Test func `it sees its own processes and its own loopback alone`() throws {
        try withWork { scratch in
            let seen = try isolated(
                "set -- /proc/[0-9]*; echo $#; "
                    + "cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d ' '", in: scratch)
            // The keeper and the shell; a pipe's processes would come and go while one counts.
            #expect(seen.output == "2\nlo\n")
        }
    }

    @Test func `it reaches no network`() throws {
        try withWork { scratch in
            let python = try ExecutableSearch.find("python3")
            let script = """
                import socket
                s = socket.socket()
                try:
                    s.connect(("192.0.2.1", 80))
                except OSError as e:
                    print(e.strerror)
                l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen()
                c = socket.create_connection(l.getsockname())
                print("loopback")
                """
            try scratch.replace("net.py", with: Array(script.utf8))
            let result = try isolated("\(python) net.py", in: scratch)
            #expect(result.output == "Network is unreachable\nloopback\n")
        }
    }

    @Test func `it writes nowhere but into its work directory, which the kernel bounds`() throws {
        try withWork { scratch in
            _ = try scratch.make("open").chmod(0o777)
            let result = try isolated(
                "touch open/x 2>&1; touch /tmp/nacelle-x 2>&1; echo ok > $W/file && cat $W/file; "
                    + "head -c 3000000 /dev/zero > $W/big; stat -c %s $W/big", in: scratch)
            let lines = result.output.split(separator: "\n")
            #expect(lines.count { $0.contains("Read-only file system") } == 2)
            #expect(lines.contains("ok"))
            #expect(result.output.contains("No space left on device"))
            // Nothing of it is on the disk.
            #expect(try scratch.open("work").names() == [])
            #expect(try scratch.open("open").names() == [])
        }
    }

    @Test func `on an old kernel the paths given are read-only, and the owner is told`() throws {
        try withWork { scratch in
            try scratch.make("open").chmod(0o777)
            let work = WorkDirectory(path: scratch.path + "/work", bytes: 1 << 20, owner: 65534)
            var isolation = Isolation(work: work, readOnly: [scratch.path, scratch.path + "/open"])
            isolation.oldMounts = true
            var child = try ChildProcess.start(
                Command(
                    executable: "/bin/sh",
                    arguments: ["-c", "touch open/x 2>&1; touch work/x && echo fine"],
                    environment: ["PATH": ExecutableSearch.standardPath], directory: scratch.path,
                    identity: nobody.identity, containment: .namespaces(isolation)))
            #expect(try child.wait(until: Deadline(after: .seconds(10))) == .exited(0))
            let output = child.outputTail
            #expect(output.contains("Read-only file system") && output.hasSuffix("fine\n"))
            let whole = child.wholeTreeReadOnly
            #expect(!whole)
        }
    }

    @Test func `when the owner is killed its isolated children die too`() async throws {
        try requireRoot()
        let mark = mark()
        await #expect(processExitsWith: .signal(SIGKILL)) { [mark = mark as String] in
            let isolated = try ChildProcess.start(
                Command(
                    executable: "/bin/sleep", arguments: [mark], identity: nobody.identity,
                    containment: .namespaces(Isolation())))
            let tree = try ChildProcess.start(
                Command(executable: "/bin/sleep", arguments: [mark]))
            guard try sleeps(mark) else { exit(3) }
            kill(getpid(), SIGKILL)
            _ = consume isolated
            _ = consume tree
        }
        // The keepers see it at once, but nothing waits for them any more.
        for _ in 0..<1000 where try sleeps(mark) { usleep(10_000) }
        #expect(try !sleeps(mark))
    }

    @Test func `its work directory is reached from outside while the owner lives`() throws {
        try withWork { scratch in
            let work = WorkDirectory(
                path: scratch.path + "/work", bytes: 1 << 20, owner: nobody.user)
            var child = try ChildProcess.start(
                Command(
                    executable: "/bin/sh",
                    arguments: ["-c", "echo hello > $W/f; echo ready; sleep 1000"],
                    environment: ["PATH": ExecutableSearch.standardPath, "W": work.path],
                    identity: nobody.identity,
                    containment: .namespaces(Isolation(work: work))))
            for _ in 0..<500 where child.outputTail.isEmpty {
                try child.wait(until: Deadline(after: .milliseconds(10)))
            }
            guard let path = child.workPath else { throw Fault(.notFound, "No work directory.") }
            let outside = try Directory.open(path: path)
            #expect(try outside.read("f", limit: 100) == Array("hello\n".utf8))
            #expect(try child.workSpace().map { $0 < 1 << 20 } == true)
            #expect(try child.memory().processes == 2)
            try child.end()
            #expect(child.status == .signalled(SIGKILL))
        }
    }

    @Test func `everything in the namespace is dead at the end, daemons too`() throws {
        try withWork { scratch in
            let mark = mark()
            let daemon = "(setsid sh -c 'trap \"\" TERM; setsid sleep \(mark) &' &); sleep 0.3"
            let ended = try isolated("\(daemon); exit 5", in: scratch)
            #expect(ended.status == .exited(5))
            #expect(try !sleeps(mark))
            let killed = try isolated(
                "trap '' TERM; \(daemon); sleep 1000", in: scratch, within: .milliseconds(900))
            #expect(killed.timedOut)
            #expect(killed.status == .signalled(SIGKILL))
            #expect(try !sleeps(mark))
        }
    }

    @Test func `set-user-id programs give nothing`() throws {
        try withWork { scratch in
            try scratch.replace("run-as", with: Array("#!/bin/sh\n".utf8))
            let result = try isolated(
                "/bin/su -c id 2>&1; /bin/mount -t tmpfs x /mnt 2>&1", in: scratch)
            #expect(!result.output.contains("uid=0"))
            #expect(!result.success)
        }
    }

    @Test func `a program that its user may not enter is refused in words`() throws {
        try withWork { scratch in
            let closed = try scratch.make("closed")
            try closed.replace("program", with: Array("#!/bin/sh\n".utf8), mode: 0o755)
            try closed.chmod(0o700)
            let fault = #expect(throws: Fault.self) {
                _ = try ChildProcess.start(
                    Command(
                        executable: scratch.path + "/closed/program", identity: nobody.identity,
                        containment: .namespaces(Isolation())))
            }
            #expect(fault?.code == .permission)
            let missing = #expect(throws: Fault.self) {
                _ = try ChildProcess.start(
                    Command(
                        executable: "/bin/true", identity: nobody.identity,
                        containment: .namespaces(
                            Isolation(
                                work: WorkDirectory(path: "/nowhere", bytes: 4096, owner: 65534)))))
            }
            #expect(missing?.code == .isolationUnavailable)
        }
    }

    @Test func `isolation works from a process that became the store's owner`() async throws {
        try requireRoot()
        await #expect(processExitsWith: .success) {
            try Identity.become(user: 1234, group: 1234)
            let parent = try Directory.open(path: "/tmp")
            let name = "nacelle-owner-\(getpid())"
            let scratch = try parent.make(name)
            _ = try scratch.make("work")
            let work = WorkDirectory(path: scratch.path + "/work", bytes: 1 << 20, owner: 65534)
            var child = try ChildProcess.start(
                Command(
                    executable: "/bin/sh",
                    arguments: ["-c", "echo hello > \(work.path)/f; id -u; sleep 1000"],
                    environment: ["PATH": ExecutableSearch.standardPath],
                    identity: nobody.identity, containment: .namespaces(Isolation(work: work)),
                    mask: 0, firstToDie: true))
            for _ in 0..<500 where child.outputTail.isEmpty {
                try child.wait(until: Deadline(after: .milliseconds(10)))
            }
            guard let path = child.workPath, child.outputTail == "65534\n",
                try Directory.open(path: path).read("f", limit: 10) == Array("hello\n".utf8),
                try child.memory().processes == 2, try child.end() == .signalled(SIGKILL),
                geteuid() == 1234
            else { throw Fault(.internalError, "The isolated run differs.") }
            try parent.removeTree(name)
            // What is not isolated is the owner for good, with no way back to root.
            let plain = try Command(
                executable: "/bin/sh", arguments: ["-c", "grep -E '^[UG]id' /proc/self/status"],
                environment: ["PATH": ExecutableSearch.standardPath], firstToDie: true
            ).run(until: Deadline(after: .seconds(10)))
            let ids = "1234\t1234\t1234\t1234"
            guard plain.output == "Uid:\t\(ids)\nGid:\t\(ids)\n" else {
                throw Fault(.internalError, plain.output)
            }
            // And the restart command can be root again.
            let root = try Command(
                executable: "/usr/bin/id", arguments: ["-u"], identity: .root, containment: .group
            ).run(until: Deadline(after: .seconds(10)))
            guard root.output == "0\n" else { throw Fault(.internalError, root.output) }
            // Past the sanitizers' leak check, which takes XCTest's own objects for leaks here.
            _exit(0)
        }
    }

    @Test func `without any root isolation is refused in words`() async throws {
        try requireRoot()
        await #expect(processExitsWith: .success) {
            guard setgid(1234) == 0, setuid(1234) == 0 else {
                exit(2)
            }
            do throws(Fault) {
                try IsolationSupport.check(nobody.identity)
                exit(3)
            } catch {
                exit(error.code == .isolationUnavailable && error.message.contains("root") ? 0 : 4)
            }
        }
    }

    @Test func `accounts are found by name and number, with their groups`() throws {
        let byName = try UserAccount(named: "nobody")
        #expect(byName.user == 65534 && byName.name == "nobody")
        #expect(try UserAccount(named: "65534") == byName)
        #expect(try UserAccount(named: "123456789").group == 123_456_789)
        let fault = #expect(throws: Fault.self) { _ = try UserAccount(named: "no such user") }
        #expect(fault?.code == .notFound)
    }
}
