import Faults
import Glibc
import StrictJSON
import Testing

/// What happens before the application starts, with the program as it ships.
@Suite(.serialized) struct BootTests {
    @Test func `the third boot of a version that never gets healthy runs the old one, and says so`()
        throws
    {
        let rig = try Rig()
        let bundle = try rig.leaveTrial(probation: "5s")
        for attempt in 1...2 {
            let boot = try rig.boot()
            #expect(boot.status == 0 && boot.outcome == "counted", "\(boot.output)")
            #expect(boot.result?["attempt"] == .integer(attempt))
            #expect(try rig.current == "slots/b")
        }
        #expect(try rig.shouted() == "")
        let third = try rig.boot()
        #expect(third.status == 0 && third.outcome == "fell-back", "\(third.output)")
        #expect(try rig.current == "slots/a")
        #expect(try rig.state("b") == "bad")
        #expect(try rig.shouted().contains("Version 1.1.0 was left at boot"))
        let status = try rig.nacelle("status").output
        #expect(status.contains("held back  1.1.0"), "\(status)")
        #expect(!status.contains("denied "), "\(status)")
        // Twice changes nothing more.
        let before = try rig.fingerprint()
        #expect(try rig.boot().outcome == "started")
        #expect(try rig.fingerprint() == before)
        // No evidence, no denial: a person may try it again.
        try rig.configure("probe: {command: [/bin/true]}")
        let again = try rig.nacelle("install", bundle)
        #expect(again.status == 0, "\(again.output)")
        #expect(try !rig.nacelle("status").output.contains("held back"))
    }

    @Test(arguments: ["renameat", "fsync", "symlinkat", "unlinkat", "openat"])
    func `killed before any system call, a fall back at boot is finished by the next boot`(
        call: String
    ) throws {
        let rig = try Rig()
        try rig.leaveTrial()
        for _ in 1...2 { _ = try rig.boot() }
        try rig.shell("cp -a \(rig.store) \(rig.path("kept"))")
        var killed = 0
        for number in 1...400 {
            try rig.shell("rm -rf \(rig.store) && cp -a \(rig.path("kept")) \(rig.store)")
            let status = try rig.shell(
                """
                strace -qq -o /dev/null -e trace=\(call) -e inject=\(call):signal=KILL:when=\(number) \
                \(Rig.programs)/nacelle boot --console /dev/null --config \(rig.path("config.yaml")) \
                > /dev/null 2>&1; echo $?
                """)
            let current = try rig.current
            #expect(current == "slots/a" || current == "slots/b", "\(call) \(number)")
            if status == "0\n" { break }
            #expect(status == "137\n", "\(call) \(number)")
            killed += 1
            #expect(try rig.boot().status == 0)
            #expect(try rig.current == "slots/a", "\(call) \(number)")
            #expect(try rig.state("b") == "bad", "\(call) \(number)")
            let left = try rig.shell("cat \(rig.store)/state/boots.json")
            #expect(left.contains("\"times\": 1"), "\(call) \(number): \(left)")
            #expect(try rig.status()["denied"] == .array([]), "\(call) \(number)")
        }
        #expect(killed > 0 && killed < 400, "\(call) \(killed)")
    }

    @Test func `both slots bad: the factory tree runs, and a new version is installed from there`()
        throws
    {
        let rig = try Rig()
        try rig.refuses(.notFound, "factory", "remove")
        try rig.install(rig.scriptRelease("1.0.0", 10))
        let kept = try rig.nacelle("factory", "keep")
        #expect(kept.status == 0, "\(kept.output)")
        try rig.install(rig.scriptRelease("1.1.0", 11))
        #expect(try rig.nacelle("status").output.contains("factory   1.0.0"))
        let verified = try rig.nacelle("verify")
        #expect(verified.output.contains("The factory tree: version 1.0.0 is whole"))
        for slot in ["a", "b"] {
            try rig.shell("sed -i 's/\"good\"/\"bad\"/' \(rig.store)/records/\(slot).json")
        }
        let boot = try rig.boot()
        #expect(boot.status == 0 && boot.outcome == "moved", "\(boot.output)")
        #expect(try rig.current == "slots/factory")
        #expect(try rig.shouted().contains("the factory tree, version 1.0.0, runs"))
        #expect(try rig.nacelle("status").output.contains("runs from the FACTORY tree"))
        try rig.refuses(.slotInUse, "factory", "keep")
        try rig.refuses(.slotInUse, "factory", "remove")
        try rig.install(rig.scriptRelease("1.2.0", 12))
        #expect(try rig.current != "slots/factory")
        #expect(try rig.nacelle("factory", "remove").status == 0)
        #expect(try rig.shell("ls -A \(rig.store)/slots") == "a\nb\n")
        #expect(try rig.nacelle("verify").status == 0)
    }

    @Test func `where no slot is whole a rollback goes to the factory tree and says so`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.install(rig.scriptRelease("1.1.0", 11))
        #expect(try rig.nacelle("factory", "keep").status == 0)
        try rig.shell("rm \(rig.store)/records/a.json")
        let answer = try rig.nacelle("rollback")
        #expect(answer.status == 0, "\(answer.output)")
        #expect(answer.output.contains("the factory tree"))
        #expect(try rig.current == "slots/factory")
    }

    @Test func `a factory tree that was altered is found, and a damaged slot is not kept`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        #expect(try rig.nacelle("factory", "keep").status == 0)
        try rig.shell("chmod u+w \(rig.store)/slots/factory; echo x > \(rig.store)/slots/factory/x")
        let verified = try rig.nacelle("verify", "--slot", "factory")
        #expect(verified.status == FaultCode.slotAltered.exitStatus, "\(verified.output)")
        #expect(try rig.nacelle("factory", "keep").status == 0)
        #expect(try rig.nacelle("verify").status == 0)
        try rig.shell("echo x >> \(rig.store)/slots/a/bin/prove")
        let refused = try rig.nacelle("factory", "keep")
        #expect(refused.status == FaultCode.slotAltered.exitStatus, "\(refused.output)")
        // The earlier one stands.
        #expect(try rig.nacelle("verify", "--slot", "factory").status == 0)
        #expect(try rig.shell("ls -A \(rig.store)/slots") == "a\nfactory\n")
    }

    @Test func `a small disk is refused a factory tree before anything is written`() throws {
        let rig = try Rig()
        try rig.mountSmallDisk(megabytes: 16)
        rig.store = rig.path("disk/store")
        try rig.configure()
        try rig.install(rig.scriptRelease("1.0.0", 10, payload: 6_000_000))
        try rig.refuses(.noSpace, "factory", "keep")
        #expect(try rig.shell("ls -A \(rig.store)/slots") == "a\n")
    }

    @Test func `somebody who hangs in the lock does not keep the machine from booting`() throws {
        let rig = try Rig()
        try rig.leaveTrial()
        let holder = try Background(
            "/usr/bin/flock", ["-o", "\(rig.store)/switch.lock", "/bin/sleep", "20"])
        try rig.wait {
            try rig.shell("flock -n \(rig.store)/switch.lock true && echo free || echo held")
                == "held\n"
        }
        let boot = try rig.boot()
        #expect(boot.status == 0 && boot.outcome == "as-it-was", "\(boot.output)")
        #expect(try rig.shouted().contains("switch.lock"))
        #expect(try rig.current == "slots/b")
        _ = consume holder
    }

    @Test func `on a full disk the third boot still falls back`() throws {
        let rig = try Rig()
        try rig.mountSmallDisk(megabytes: 24)
        rig.store = rig.path("disk/store")
        try rig.configure()
        try rig.leaveTrial()
        try rig.shell("dd if=/dev/zero of=\(rig.path("disk/filler")) bs=64k 2>/dev/null || true")
        try rig.shell(
            "dd if=/dev/zero of=\(rig.path("disk/filler2")) bs=1 count=8192 2>/dev/null || true")
        var outcomes: [String?] = []
        for _ in 1...4 {
            let boot = try rig.boot()
            #expect(boot.status == 0, "\(boot.output)")
            outcomes.append(boot.outcome)
        }
        #expect(outcomes == ["counted", "counted", "fell-back", "started"])
        #expect(try rig.current == "slots/a")
        #expect(try rig.state("b") == "bad")
    }

    @Test func `on a read-only disk what the link names starts, and that is shouted`() throws {
        let rig = try Rig()
        try rig.mountSmallDisk(megabytes: 24)
        rig.store = rig.path("disk/store")
        try rig.configure()
        try rig.leaveTrial()
        try rig.shell("mount -o remount,ro \(rig.path("disk"))")
        for _ in 1...3 {
            let boot = try rig.boot()
            #expect(boot.status == 0 && boot.outcome == "as-it-was", "\(boot.output)")
            #expect(boot.result?["slot"] == .string("b"))
        }
        #expect(try rig.shouted().contains("read-only"))
        #expect(try rig.current == "slots/b")
    }

    @Test func `with nothing installed it is content, with nothing left it is not`() throws {
        let rig = try Rig()
        #expect(try rig.boot().status == 0)
        #expect(try rig.shell("ls -d \(rig.store) 2>/dev/null || echo none") == "none\n")
        try rig.shell("mkdir \(rig.store)")
        #expect(try rig.boot().outcome == "nothing-installed")
        try rig.shell("rmdir \(rig.store)")
        try rig.install(rig.scriptRelease("1.0.0", 10))
        // Directories that were lost are made again, and the link is believed.
        try rig.shell("rm -rf \(rig.store)/records \(rig.store)/state")
        let lost = try rig.boot()
        #expect(lost.status == 0 && lost.result?["slot"] == .string("a"), "\(lost.output)")
        try rig.shell("rm -rf \(rig.store)/slots/a")
        let boot = try rig.boot()
        #expect(boot.status == FaultCode.storeDamaged.exitStatus, "\(boot.output)")
        #expect(try rig.shouted().contains("No version is left that could start"))
    }

    @Test func `a broken configuration keeps no machine from booting, nor does a console`() throws {
        let rig = try Rig()
        try rig.leaveTrial()
        try rig.write("config.yaml", "store: \(rig.store)\nboot: {attempts: many}\nroot: [\n")
        for outcome in ["counted", "counted", "fell-back"] {
            let boot = try rig.boot()
            #expect(boot.status == 0 && boot.outcome == outcome, "\(boot.output)")
        }
        #expect(try rig.shouted().contains("A trial has 2 boots"))
        try rig.shell("mkfifo \(rig.path("pipe"))")
        let pipe = try rig.nacelle("boot", "--console", rig.path("pipe"))
        #expect(pipe.status == 0, "\(pipe.output)")
        let none = try rig.nacelle("boot", "--console", "/nowhere/console")
        #expect(none.status == 0, "\(none.output)")
    }

    @Test func `boot.attempts says how many boots a version gets`() throws {
        let rig = try Rig()
        try rig.leaveTrial()
        try rig.configure("boot: {attempts: 1}")
        #expect(try rig.nacelle("config", "check").status == 0)
        #expect(try rig.boot().outcome == "counted")
        #expect(try rig.boot().outcome == "fell-back")
        try rig.configure("boot: {attempts: 0}")
        #expect(try rig.nacelle("config", "check").status == FaultCode.configuration.exitStatus)
    }

    @Test func `in the journal each line has its priority`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.shell("rm \(rig.store)/current")
        let said = try rig.shell(
            """
            JOURNAL_STREAM=8:1 \(Rig.programs)/nacelle boot -q --console /dev/null \
            --config \(rig.path("config.yaml")) 2>&1 > /dev/null
            """)
        #expect(said.hasPrefix("<3>At boot the link “current” is missing"), "\(said)")
        #expect(try rig.current == "slots/a")
    }

    @Test func `deny and allow work by any name, and an ambiguous one is refused with the list`()
        throws
    {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.install(rig.scriptRelease("1.1.0", 11))
        let denied = try rig.nacelle("deny", "11", "--reason", "noisy")
        #expect(denied.status == 0, "\(denied.output)")
        #expect(denied.output.contains("it still runs"), "\(denied.output)")
        #expect(denied.output.contains("nacelle rollback"), "\(denied.output)")
        #expect(try rig.status()["denied"] != .array([]))
        #expect(try rig.current == "slots/b")
        try rig.refuses(.notFound, "allow", "7.7.7")
        let allowed = try rig.nacelle("allow", "1.1.0", "--json")
        #expect(allowed.status == 0 && allowed.output.contains("\"allowed\""))
        #expect(try rig.status()["denied"] == .array([]))
        try rig.shell("sed -i 's/1.0.0/1.1.0/' \(rig.store)/records/a.json")
        let two = try rig.nacelle("deny", "1.1.0")
        #expect(two.status == FaultCode.notFound.exitStatus)
        #expect(two.output.contains("release 10") && two.output.contains("release 11"))
    }
}

/// How a boot ended.
struct BootAnswer {
    var status: Int32
    var output: String
    var result: JSONValue?

    var outcome: String? {
        guard case .string(let outcome)? = result?["outcome"] else { return nil }
        return outcome
    }
}

extension Rig {
    /// A store in which 1.0.0 is good and 1.1.0 was swapped in, and its install was killed; returns
    /// the bundle of 1.1.0.
    @discardableResult
    func leaveTrial(probation: String = "60s") throws -> String {
        try configure("probe: {command: [/bin/true]}")
        try install(scriptRelease("1.0.0", 10))
        let patient = try build(
            scriptRelease("1.1.0", 11).replacing("duration: 200ms", with: "duration: \(probation)"),
            as: "patient")
        var killed = try start("install", patient)
        try wait { try state("b") == "trial" }
        killed.kill()
        _ = try? killed.exit()
        return patient
    }

    /// Boots with a file in the place of the console.
    func boot() throws -> BootAnswer {
        try shell("touch \(path("console"))")
        let answer = try nacelle("boot", "--json", "--console", path("console"))
        let line = answer.output.split(separator: "\n").last { $0.hasPrefix("{") } ?? ""
        return BootAnswer(
            status: answer.status, output: answer.output,
            result: try? JSONReader.read(Array(line.utf8), limits: JSONLimits(bytes: 1 << 20)))
    }

    /// What was shown on the console so far.
    func shouted() throws -> String { try shell("cat \(path("console"))") }

    /// Link, records and state, each byte of them; not the history and the locks.
    func fingerprint() throws -> String {
        try shell(
            """
            cd \(store) && readlink current && find records state -type f ! -name 'history*' \
            ! -name '*.lock' | sort | xargs sha256sum
            """)
    }
}
