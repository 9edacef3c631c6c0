import DurableFiles
import Faults
import Glibc
import Processes
import StrictJSON
import Testing

/// What a technician does, and what happens to him: locks, hung installs, full disks, power loss.
@Suite(.serialized) struct OperationTests {
    @Test func `a hung install holds its lock, says so, and does not hinder a rollback`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.install(rig.scriptRelease("1.1.0", 11))
        // Hangs in its smoke run, when the spare slot is no fallback any more.
        let hanging = try rig.build(
            rig.scriptRelease("1.2.0", 12, script: "sleep 60", deadline: "50s"), as: "hanging")
        var child = try rig.start("install", hanging)
        try rig.wait { try rig.state("a") == "filled" }
        let second = try rig.nacelle("install", hanging)
        #expect(second.status == FaultCode.busy.exitStatus)
        #expect(second.output.contains("nacelle install \(hanging)"), "\(second.output)")
        // Nothing whole is left to go back to, and that is said; what runs goes on.
        try rig.refuses(.nothingToRollBackTo, "rollback")
        #expect(try rig.current == "slots/b")
        child.interrupt()
        #expect(try child.exit() == FaultCode.cancelled.exitStatus)
        #expect(try rig.current == "slots/b")
        #expect(try rig.state("a") != "ready")
    }

    @Test func `a rollback stops an install that has not emptied the fallback yet`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.install(rig.scriptRelease("1.1.0", 11))
        #expect(try rig.nacelle("rollback").status == 0)
        #expect(try rig.current == "slots/a")
        #expect(try rig.state("b") == "bad")
        try rig.refuses(.denied, "rollback")
        #expect(try rig.nacelle("rollback", "--allow-denied").status == 0)
        #expect(try rig.current == "slots/b")
        #expect(try rig.state("b") == "good")
        #expect(try rig.nacelle("verify").status == 0)
    }

    @Test func `killed at any moment, an install leaves what ran, and the next one succeeds`()
        throws
    {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        let next = try rig.build(
            rig.scriptRelease("1.1.0", 11, script: "sleep 0.2", payload: 20_000_000), as: "next")
        for delay: UInt32 in [1, 5, 10, 20, 40, 80, 120, 200, 300, 400] {
            var child = try rig.start("install", next)
            usleep(delay * 1000)
            child.kill()
            _ = try? child.exit()
            let current = try rig.current
            #expect(current == "slots/a" || current == "slots/b")
            #expect(
                try rig.nacelle("verify", "--slot", String(current?.last ?? "a")).status == 0,
                "after \(delay) ms")
            if current == "slots/b" { break }
        }
        #expect(try rig.nacelle("install", next).status == 0)
        #expect(try rig.current == "slots/b")
        #expect(try rig.state("b") == "good")
    }

    @Test func `rollback and status work with the configuration broken elsewhere or gone`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.install(rig.scriptRelease("1.1.0", 11))
        try rig.write(
            "config.yaml",
            "store: \(rig.store)\nmachine: 7: x\nroot: [\nprobe: {socket: 5, tcp: 6}\n")
        #expect(try rig.nacelle("config", "check").status == FaultCode.configuration.exitStatus)
        #expect(try rig.nacelle("status").status == 0)
        #expect(try rig.nacelle("rollback").status == 0)
        #expect(try rig.current == "slots/a")
        try rig.shell("rm \(rig.path("config.yaml"))")
        #expect(try rig.nacelle("rollback", "--allow-denied", "--store", rig.store).status == 0)
        #expect(try rig.current == "slots/b")
    }

    @Test func `a disk too small is refused beforehand; a full one does not stop a rollback`()
        throws
    {
        let rig = try Rig()
        try rig.mountSmallDisk(megabytes: 24)
        rig.store = rig.path("disk/store")
        try rig.configure()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.install(rig.scriptRelease("1.1.0", 11))
        let large = try rig.build(
            rig.scriptRelease("1.2.0", 12, payload: 40_000_000), as: "large")
        try rig.refuses(.noSpace, "install", large)
        #expect(try rig.state("a") == "good", "the refusal cost the fallback")

        try rig.shell("dd if=/dev/zero of=\(rig.path("disk/filler")) bs=64k 2>/dev/null || true")
        try rig.shell(
            "dd if=/dev/zero of=\(rig.path("disk/filler2")) bs=1 count=8192 2>/dev/null || true")
        // Asked for by a person, and taken up when a service runs again.
        let asked = try rig.nacelle("cancel")
        #expect(asked.status == 0, "\(asked.output)")
        #expect(try rig.shell("cat \(rig.store)/state/requests/cancel").contains("nacelle cancel"))
        let rollback = try rig.nacelle("rollback")
        #expect(rollback.status == 0, "\(rollback.output)")
        #expect(try rig.current == "slots/a")
        #expect(try rig.state("b") == "bad")
    }

    @Test func `an application that fails its probation brings the old version back`() throws {
        let rig = try Rig()
        try rig.write(
            "healthy", "#!/bin/sh\nread -r v < \(rig.store)/current/version; [ \"$v\" != 1.1.0 ]\n",
            mode: 0o755)
        try rig.configure("probe: {command: [\(rig.path("healthy"))]}")
        func description(_ version: String, _ counter: Int) throws -> String {
            try rig.write("version-\(version)", version + "\n")
            return try rig.scriptRelease(version, counter).replacing(
                "tree:", with: "tree:\n  - {from: \(rig.path("version-\(version)")), to: version}")
        }
        try rig.install(description("1.0.0", 10))
        let failing = try rig.build(description("1.1.0", 11), as: "failing")
        let answer = try rig.nacelle("install", failing)
        #expect(answer.status == FaultCode.probationFailed.exitStatus, "\(answer.output)")
        #expect(try rig.current == "slots/a")
        #expect(try rig.state("b") == "bad")
        try rig.refuses(.denied, "install", failing)
        try rig.install(description("1.2.0", 12))
        #expect(try rig.current == "slots/b")
        // The release that was skipped must not come back by its lower counter either.
        try rig.refuses(.downgrade, "install", "--allow-denied", failing)
    }

    @Test
    func
        `a rollback or a signal during the probation ends it at once, without a denial of its own`()
        throws
    {
        let rig = try Rig()
        try rig.configure("probe: {command: [/bin/true]}")
        try rig.install(rig.scriptRelease("1.0.0", 10))
        let patient = try rig.build(
            rig.scriptRelease("1.1.0", 11).replacing("duration: 200ms", with: "duration: 60s"),
            as: "patient")
        var interrupted = try rig.start("install", patient)
        try rig.wait { try rig.state("b") == "trial" }
        interrupted.interrupt()
        #expect(try interrupted.exit() == FaultCode.cancelled.exitStatus)
        #expect(try rig.current == "slots/a")
        #expect(try rig.state("b") == "bad")

        var second = try rig.start("install", patient)
        try rig.wait { try rig.state("b") == "trial" }
        #expect(try rig.nacelle("rollback").status == 0)
        #expect(try second.exit() == FaultCode.cancelled.exitStatus)
        #expect(try rig.current == "slots/a")
        // The rollback is an operator's word, and denies.
        try rig.refuses(.denied, "install", patient)
    }

    @Test func `killed in its probation, a version is watched again or rolled back`() throws {
        let rig = try Rig()
        try rig.configure("probe: {command: [/bin/true]}")
        try rig.install(rig.scriptRelease("1.0.0", 10))
        let patient = try rig.build(
            rig.scriptRelease("1.1.0", 11).replacing("duration: 200ms", with: "duration: 2s"),
            as: "patient")
        var killed = try rig.start("install", patient)
        try rig.wait { try rig.state("b") == "trial" }
        killed.kill()
        _ = try? killed.exit()
        #expect(try rig.current == "slots/b")
        let other = try rig.build(rig.scriptRelease("1.2.0", 12), as: "other")
        try rig.refuses(.slotInUse, "install", other)
        #expect(try rig.nacelle("install", patient).status == 0)
        #expect(try rig.state("b") == "good")
    }

    @Test func `interrupted in its smoke run, an install goes on from the filled slot`() throws {
        let rig = try Rig()
        let slow = try rig.build(
            rig.scriptRelease("1.0.0", 10, script: "sleep 3"), as: "slow")
        var interrupted = try rig.start("install", slow)
        try rig.wait { (try? rig.state("a")) == "filled" }
        interrupted.interrupt()
        #expect(try interrupted.exit() == FaultCode.cancelled.exitStatus)
        let answer = try rig.nacelle("install", slow)
        #expect(answer.status == 0, "\(answer.output)")
        #expect(answer.output.contains("was filled with version 1.0.0 before"), "\(answer.output)")
        #expect(!answer.output.contains("unpack"), "\(answer.output)")
    }

    @Test func `root's umask does not keep the smoke run's user out`() throws {
        let rig = try Rig()
        try rig.write(
            "config.yaml",
            """
            machine: test-rig
            store: \(rig.store)
            user: daemon
            root: \(rig.path("root.json"))
            device-key: \(rig.path("device.key"))
            smoke: {runtime-directory: \(rig.path("fresh"))}
            """)
        let bundle = try rig.build(
            rig.release("1.0.0", 10).replacing("[turbine-gateway]", with: "[test-rig]"), as: "x")
        try rig.shell(
            "umask 077; \(Rig.programs)/nacelle install \(bundle) --config \(rig.path("config.yaml"))"
        )
        #expect(try rig.current == "slots/a")
        #expect(try rig.nacelle("verify").status == 0)
    }

    @Test func `a damaged list of denials stops an install, not a rollback`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.install(rig.scriptRelease("1.1.0", 11))
        try rig.shell("cd \(rig.store)/state; echo '{' | tee denied.json > denied.copy.json")
        let next = try rig.build(rig.scriptRelease("1.2.0", 12), as: "next")
        try rig.refuses(.storeDamaged, "install", next)
        #expect(try rig.nacelle("status").output.contains("denied.json"))
        #expect(try rig.nacelle("rollback").status == 0)
        #expect(try rig.shell("ls \(rig.store)/state").contains("denied.damaged.json"))
    }

    @Test(arguments: [true, false])
    func `a ready slot that was altered meanwhile is not swapped in, and is filled anew`(
        activates: Bool
    ) throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        let next = try rig.build(rig.scriptRelease("1.1.0", 11), as: "next")
        #expect(try rig.nacelle("install", "--prepare", next).status == 0)
        try rig.shell("printf x >> \(rig.store)/slots/b/weights/model.bin")
        if activates {
            try rig.refuses(.slotAltered, "activate")
            #expect(try rig.current == "slots/a")
            try rig.refuses(.notFound, "activate")
        }
        let answer = try rig.nacelle("install", next)
        #expect(answer.status == 0, "\(answer.output)")
        #expect(try rig.current == "slots/b")
        #expect(try rig.nacelle("verify").status == 0)
    }

    @Test func `an empty slot is not gone back to, and status says so`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.install(rig.scriptRelease("1.1.0", 11))
        try rig.shell("rm -rf \(rig.store)/slots/a; mkdir \(rig.store)/slots/a")
        try rig.refuses(.nothingToRollBackTo, "rollback")
        #expect(try rig.current == "slots/b")
        let status = try rig.nacelle("status").output
        #expect(status.contains("gone or empty"))
        #expect(!status.contains("nacelle rollback"))
    }

    @Test func `a command works though its starter ignores the ends of children`() throws {
        let rig = try Rig()
        let bundle = try rig.build(rig.scriptRelease("1.0.0", 10), as: "x")
        try rig.shell(
            "trap '' CHLD XFSZ; \(Rig.programs)/nacelle install \(bundle) --config "
                + rig.path("config.yaml"))
        #expect(try rig.current == "slots/a")
    }

    @Test func `without the command line a command is an error, and no help`() throws {
        let rig = try Rig()
        let answer = try rig.shell(
            "unshare -m sh -c 'umount -l /proc && \(Rig.programs)/nacelle boot; echo status $?' 2>&1"
        )
        #expect(answer.contains("/proc is not mounted"))
        #expect(answer.contains("status \(FaultCode.unsupported.exitStatus)"))
    }

    @Test func `a slot that was altered on disk is found by verify`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.shell(
            "printf x | dd of=\(rig.store)/slots/a/weights/model.bin conv=notrunc bs=1 seek=500 2>/dev/null"
        )
        let answer = try rig.nacelle("verify")
        #expect(answer.status == FaultCode.slotAltered.exitStatus, "\(answer.output)")
    }

    @Test(arguments: [
        "printf x | dd of=FILE conv=notrunc bs=1 seek=500", "truncate -s 0 FILE", "rm FILE",
        "chmod 0 FILE", "rm -r SLOT", "rm -r SLOT/*",
    ])
    func `a running version that was altered on disk is installed anew, and runs on meanwhile`(
        harm: String
    ) throws {
        let rig = try Rig()
        let bundle = try rig.build(rig.scriptRelease("1.0.0", 10), as: "x")
        #expect(try rig.nacelle("install", bundle).status == 0)
        let whole = try rig.nacelle("install", bundle)
        #expect(whole.status == 0 && whole.output.contains("good and whole"), "\(whole.output)")
        #expect(try rig.current == "slots/a")

        let slot = "\(rig.store)/slots/a"
        let words = harm.replacing("FILE", with: "\(slot)/weights/model.bin")
            .replacing("SLOT", with: slot)
        try rig.shell("{ \(words); } 2>/dev/null")
        let prepared = try rig.nacelle("install", "--prepare", bundle)
        #expect(prepared.status == 0, "\(prepared.output)")
        #expect(prepared.output.contains("installed anew in slot b"), "\(prepared.output)")
        #expect(try rig.current == "slots/a")
        let answer = try rig.nacelle("install", bundle)
        #expect(answer.status == 0, "\(answer.output)")
        #expect(try rig.current == "slots/b")
        #expect(try rig.nacelle("verify").status == 0)
        try rig.refuses(.nothingToRollBackTo, "rollback", "--allow-denied")

        // The next version takes the damaged slot.
        try rig.install(rig.scriptRelease("1.1.0", 11))
        #expect(try rig.current == "slots/a")
        #expect(try rig.nacelle("verify").status == 0)
        #expect(try rig.nacelle("rollback").status == 0)
        #expect(try rig.current == "slots/b")
    }

    @Test func `every line of JSON output is one object, and errors have a code`() throws {
        let rig = try Rig()
        let bundle = try rig.build(rig.scriptRelease("1.0.0", 10), as: "x")
        for arguments in [
            ["install", bundle, "--json"], ["status", "--json"], ["history", "--json"],
            ["verify", "--json"], ["rollback", "--json"], ["install", rig.place, "--json"],
            ["config", "check", "--json"],
        ] {
            let answer = try rig.run("nacelle", arguments + ["--config", rig.path("config.yaml")])
            var last: JSONValue?
            for line in answer.output.split(separator: "\n") {
                last = try JSONReader.read(Array(line.utf8), limits: JSONLimits(bytes: 1 << 20))
                #expect(last?["event"] != nil, "\(line)")
            }
            if answer.status != 0 {
                #expect(last?["event"] == .string("error"), "\(answer.output)")
                #expect(last?["exit"] == .integer(answer.status))
            }
        }
    }

    @Test func `a restart command that hangs as root is ended at its time-out`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.configure("activation: {restart: [/bin/sleep, '98.7654'], timeout: 500ms}")
        let next = try rig.build(rig.scriptRelease("1.1.0", 11), as: "next")
        try rig.refuses(.probationFailed, "install", next)
        #expect(try rig.shell("pgrep -f 'sleep 98[.]7654' || true") == "")
    }

    @Test func `closed standard streams do not lead output into files`() throws {
        let rig = try Rig()
        let bundle = try rig.build(rig.scriptRelease("1.0.0", 10), as: "x")
        let program = "\(Rig.programs)/nacelle"
        let configuration = "--config \(rig.path("config.yaml"))"
        try rig.shell("\(program) install \(bundle) \(configuration) <&- >&- 2>&-")
        try rig.shell("\(program) rollback \(configuration) <&- >&- 2>&- || true")
        #expect(try rig.nacelle("verify").status == 0)
        #expect(try rig.status()["warnings"] == .array([]))
        let words = try rig.shell("grep -rlE 'Installed|nacelle:' \(rig.store) || true")
        #expect(words == "", "\(words)")
    }

    @Test func `a link or slot that somebody removed is told by status`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.shell("mv \(rig.store)/slots/a \(rig.store)/slots/gone")
        #expect(try rig.nacelle("status").output.contains("The directory of slot a is gone"))
        try rig.shell("mv \(rig.store)/slots/gone \(rig.store)/slots/a")
        try rig.shell("ln -sfn slots/c \(rig.store)/current")
        try rig.refuses(.storeDamaged, "verify")
        #expect(try rig.nacelle("status").output.contains("What runs is unknown"))
        let next = try rig.build(rig.scriptRelease("1.1.0", 11), as: "next")
        try rig.refuses(.storeDamaged, "install", next)
        try rig.shell("ln -sfn slots/a \(rig.store)/current")
        #expect(try rig.nacelle("verify").status == 0)
        try rig.shell("truncate -s 10 \(rig.store)/records/a.json")
        try rig.refuses(.storeDamaged, "verify")
        try rig.refuses(.configuration, "status", "--store", "")
    }

    @Test func `no secret key stands in any output or in the store`() throws {
        let rig = try Rig()
        var said = ""
        let bundle = try rig.build(rig.scriptRelease("1.0.0", 10), as: "x")
        said += try rig.nacelle("install", bundle).output
        said += try rig.nacelle("status").output
        said += try rig.bundle("inspect", bundle, "--json")
        for key in ["a", "b", "device"] {
            let secret = try rig.shell("sed -n 2p \(rig.path("\(key).key"))")
                .split(separator: "\n")[0]
            #expect(secret.count == 64)
            #expect(!said.contains(secret))
            #expect(try rig.shell("grep -rlF '\(secret)' \(rig.store) || true") == "")
            #expect(try rig.shell("stat -c %a \(rig.path("\(key).key"))") == "600\n")
        }
    }
}

/// What the shipped programs are made of.
@Suite struct ShippedProgramTests {
    @Test func `the device program cannot sign, and has no run path`() throws {
        let rig = try Rig()
        let device = try rig.shell("nm -D --undefined-only \(Rig.programs)/nacelle")
        #expect(device.contains("crypto_sign_ed25519_verify_detached"))
        #expect(!device.contains("crypto_sign_ed25519_detached"))
        #expect(!device.contains("crypto_sign_detached"))
        let builder = try rig.shell("nm -D --undefined-only \(Rig.programs)/nacelle-bundle")
        #expect(
            builder.contains("crypto_sign_ed25519_detached")
                || builder.contains("crypto_sign_detached"))
        for program in ["nacelle", "nacelle-bundle"] {
            let dynamic = try rig.shell("readelf -d \(Rig.programs)/\(program)")
            #expect(!dynamic.contains("RUNPATH") && !dynamic.contains("RPATH"))
            #expect(dynamic.contains("BIND_NOW"))
        }
    }
}
