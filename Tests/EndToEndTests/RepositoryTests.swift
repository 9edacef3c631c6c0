import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// Versions from a repository: over HTTPS and from a stick, with rotation, expiry and a wrong clock.
@Suite(.serialized) struct RepositoryTests {
    @Test func `the newest version for this machine comes over HTTPS in its cheapest form`() throws
    {
        let net = try NetRig()
        let rig = net.rig
        let repository = try RepositoryRig(rig, folder: net.path("fleet"))
        try rig.configure(
            """
            repository: \(net.address("fleet/"))
            transfer:
              authorities: \(net.certificates.path("ca"))
              client-certificate: \(net.certificates.path("client"))
              client-key: \(net.certificates.key("client"))
            """)
        try rig.refuses(.notFound, "check")

        try net.makeWeights("w1", bytes: 3_000_000)
        try net.nudgeWeights("w2", of: "w1")
        let first = try rig.build(try net.release("1.0.0", 10, weights: "w1"), as: "1.0.0")
        let other = try rig.build(
            try rig.scriptRelease("9.0.0", 90).replacing("test-rig", with: "other-rig"),
            as: "9.0.0")
        try repository.add(first, other)
        let available = try check(rig)
        #expect(available.text("verdict") == "available")
        #expect(available["newest"]?.text("version") == "1.0.0")
        try net.install()
        #expect(try rig.current == "slots/a")
        #expect(try check(rig).text("verdict") == "current")

        let second = try rig.build(try net.release("1.1.0", 11, weights: "w2"), as: "1.1.0")
        let delta = rig.path("delta.nacelle")
        try rig.bundle(
            "delta", first, second, "-o", delta, "--no-list", "--root", rig.path("root.json"),
            "--sign", rig.path("a.key"), "--sign", rig.path("b.key"), "--key",
            rig.path("device.key"), "--recipient", rig.path("device.pub"), "--level", "3")
        try repository.add(second, delta)
        let next = try check(rig)
        let (small, large) = (next.number("deltaBytes") ?? 0, next.number("fullBytes") ?? 0)
        #expect(small > 0 && small * 4 < large, "\(small) of \(large)")
        let before = try net.sent()
        let answer = try net.install()
        #expect(answer.event("choice")?.text("form") == "delta", "\(answer.output)")
        #expect(try net.sent() - before < small + 300_000)
        #expect(try rig.current == "slots/b")
        #expect(try rig.nacelle("verify").status == 0)

        // What did not change is not fetched again.
        let requests = try net.requests().count
        #expect(try check(rig).text("verdict") == "current")
        let asked = try net.requests().dropFirst(requests).map(\.path)
        #expect(asked == ["/fleet/metadata/2.root.json", "/fleet/metadata/timestamp.json"])
        // An older version is chosen by its name alone, and then refused as such.
        try rig.refuses(.downgrade, "install", "--release", "1.0.0")
        try rig.refuses(.notFound, "install", "--release", "3.0.0")
    }

    @Test func `a repository on a stick installs offline, also when it has expired`() throws {
        let rig = try Rig()
        let stick = try RepositoryRig(rig)
        try stick.add(try rig.build(try rig.scriptRelease("1.0.0", 10), as: "1.0.0"))
        let later = "+20 days"
        try rig.configure("expired-media: refuse")
        for command in ["check", "install"] {
            let refused = try stick.nacelle(at: later, command, stick.folder)
            #expect(refused.status == FaultCode.expired.exitStatus, "\(refused.output)")
        }
        #expect(try rig.current == nil)
        try rig.configure()
        let checked = try stick.nacelle(at: later, "check", stick.folder)
        #expect(checked.status == 0 && checked.output.contains("warning"), "\(checked.output)")
        let installed = try stick.nacelle(at: later, "install", stick.folder)
        #expect(installed.status == 0, "\(installed.output)")
        #expect(try rig.current == "slots/a")
        try rig.refuses(.notFound, "install", rig.place)
    }

    @Test func `a clock that cannot be right is said, and stops nothing that needs no clock`()
        throws
    {
        let rig = try Rig()
        let stick = try RepositoryRig(rig)
        let bundle = try rig.build(try rig.scriptRelease("1.0.0", 10), as: "1.0.0")
        try stick.add(bundle)
        try stick.add(try rig.build(try rig.scriptRelease("1.1.0", 11), as: "1.1.0"))
        try rig.configure("expired-media: refuse")
        #expect(try rig.nacelle("install", bundle).status == 0)
        #expect(try rig.nacelle("install", stick.folder).status == 0)

        let early = try stick.nacelle(at: "1970-01-02", "check", stick.folder)
        #expect(early.status == FaultCode.clock.exitStatus, "\(early.output)")
        #expect(early.output.contains("1970-01-0"), "\(early.output)")
        // One jump forward is believed as far as the timestamp's own expiry, and no further.
        #expect(try stick.nacelle(at: "+3 days", "check", stick.folder).status == 0)
        #expect(
            try stick.nacelle(at: "+3000 days", "check", stick.folder).status
                == FaultCode.expired.exitStatus)
        let back = try rig.nacelle("check", stick.folder)
        #expect(back.status == 0 && back.output.contains("is taken for now"), "\(back.output)")
        // That time does not make anything fresh again.
        #expect(try stick.nacelle(at: "+6 days", "check", stick.folder).status == 0)
        let frozen = try stick.nacelle(at: "+8 days", "check", stick.folder)
        #expect(frozen.status == FaultCode.expired.exitStatus, "\(frozen.output)")
        for command in [["status"], ["verify"], ["history"], ["rollback"]] {
            let answer = try rig.run("nacelle", command + ["--config", rig.path("config.yaml")])
            #expect(answer.status == 0, "\(command): \(answer.output)")
        }
        #expect(try rig.current == "slots/a")
        // As soon as the time is right it goes on.
        #expect(try stick.nacelle(at: "+6 days", "check", stick.folder).status == 0)
        // And where the configuration permits it, a stick needs no clock.
        try rig.configure()
        #expect(try rig.nacelle("check", stick.folder).status == 0)
    }

    @Test func `roots beside a bundle rotate an offline machine, and revoke for good`() throws {
        let rig = try Rig()
        let old = try rig.build(try rig.scriptRelease("1.0.0", 10), as: "1.0.0")
        #expect(try rig.nacelle("install", old).status == 0)
        // The keys a and b of the targets are taken away; c and a new one sign from now on.
        try rig.bundle("keygen", "signing", rig.path("d"))
        try rig.bundle(
            "root", "extend", rig.path("root.json"), "-o", rig.path("2.root.json"), "--days", "30",
            "--remove", "targets=\(rig.path("a.pub"))", "--remove", "targets=\(rig.path("b.pub"))",
            "--add", "targets=\(rig.path("d.pub"))", "--sign", rig.path("a.key"))
        let stolen = try rig.build(try rig.scriptRelease("1.1.0", 11), as: "1.1.0")
        let good = try rig.build(
            try rig.scriptRelease("1.2.0", 12), as: "1.2.0", by: ["c", "d"])
        try rig.shell(
            "mkdir \(rig.path("with")) \(rig.path("without")); cp \(good) \(rig.path("2.root.json")) \(rig.path("with")); cp \(good) \(stolen) \(rig.path("without"))"
        )
        try rig.refuses(.untrusted, "install", rig.path("without/1.2.0.nacelle"))
        // A stick is often for root alone to read, and the store belongs to somebody else.
        try rig.shell("chown root \(rig.path("with")) && chmod 700 \(rig.path("with"))")
        try rig.shell("chmod 600 \(rig.path("with"))/*")
        let answer = try rig.nacelle("install", rig.path("with/1.2.0.nacelle"))
        #expect(answer.status == 0, "\(answer.output)")
        #expect(answer.output.contains("version 2"), "\(answer.output)")
        // The machine knows it from now on, whatever comes beside.
        try rig.refuses(.untrusted, "install", rig.path("without/1.1.0.nacelle"))
        // A root that does not follow is refused by name, and nothing of it is kept.
        try rig.shell("cp \(rig.path("root.json")) \(rig.path("without/3.root.json"))")
        let forged = try rig.nacelle("install", rig.path("without/1.2.0.nacelle"))
        #expect(forged.status == FaultCode.untrusted.exitStatus)
        #expect(forged.output.contains("3.root.json"), "\(forged.output)")
    }

    @Test func `a damaged root that was kept does not bring revoked keys back`() throws {
        let rig = try Rig()
        let before = try rig.build(try rig.scriptRelease("0.9.0", 9), as: "0.9.0")
        #expect(try rig.nacelle("install", before).status == 0)
        try rig.bundle("keygen", "signing", rig.path("d"))
        try rig.bundle(
            "root", "extend", rig.path("root.json"), "-o", rig.path("2.root.json"), "--days", "30",
            "--remove", "targets=\(rig.path("a.pub"))", "--add", "targets=\(rig.path("d.pub"))",
            "--sign", rig.path("a.key"))
        // Beside a bundle that is refused a root is kept all the same.
        try rig.refuses(.untrusted, "install", before)
        #expect(try rig.shell("ls \(rig.store)/state/roots").contains("2.root.json"))
        let good = try rig.build(try rig.scriptRelease("1.0.0", 10), as: "1.0.0", by: ["c", "d"])
        #expect(try rig.nacelle("install", good).status == 0)
        try rig.shell("mkdir \(rig.path("alone"))")
        let revoked = try rig.build(try rig.scriptRelease("1.1.0", 11), as: "1.1.0")
        try rig.shell("mv \(revoked) \(rig.path("alone"))")
        let stolen = rig.path("alone/1.1.0.nacelle")
        try rig.refuses(.untrusted, "install", stolen)
        try rig.shell("echo x > \(rig.store)/state/roots/2.root.json")
        try rig.refuses(.storeDamaged, "install", stolen)
        // The version comes again beside a bundle, and all is as before.
        #expect(try rig.nacelle("install", good).status == 0)
        try rig.refuses(.untrusted, "install", stolen)
    }

    @Test func `of one release sealed for several groups, the one for this machine is taken`()
        throws
    {
        let rig = try Rig()
        let stick = try RepositoryRig(rig)
        let description = try rig.scriptRelease("1.0.0", 10)
        let ours = try rig.build(description, as: "ours")
        let theirs = try rig.build(description, as: "theirs", for: "other")
        try stick.repo("add", stick.folder, [ours, "--key", rig.path("device.key")])
        try stick.repo("add", stick.folder, [theirs, "--key", rig.path("other.key")])
        let checked = try rig.nacelle("check", "--json", stick.folder)
        #expect(checked.event("check")?["versions"] == .array([.string("1.0.0")]))
        #expect(try rig.nacelle("install", stick.folder).status == 0)
        try rig.shell("sed -i '/device-key/d' \(rig.path("config.yaml"))")
        try rig.shell("rm -rf \(rig.store)")
        try rig.refuses(.notRecipient, "install", stick.folder)
    }

    @Test func `checks on a full disk leave a rollback what it needs`() throws {
        let rig = try Rig()
        try rig.mountSmallDisk(megabytes: 24)
        rig.store = rig.path("disk/store")
        let stick = try RepositoryRig(rig)
        try rig.install(rig.scriptRelease("1.0.0", 10))
        let second = try rig.build(rig.scriptRelease("1.1.0", 11), as: "second")
        try stick.add(second)
        #expect(try rig.nacelle("install", stick.folder).status == 0)
        for day in 1...4 {
            try rig.shell(
                "dd if=/dev/zero of=\(rig.path("disk/filler-\(day)")) bs=64k 2>/dev/null || true")
            try rig.shell(
                "dd if=/dev/zero of=\(rig.path("disk/last-\(day)")) bs=1 count=8192 2>/dev/null || true"
            )
            #expect(try stick.nacelle(at: "+\(day) days", "check", stick.folder).status == 0)
        }
        let rollback = try rig.nacelle("rollback")
        #expect(rollback.status == 0, "\(rollback.output)")
        #expect(try rig.current == "slots/a")
    }

    @Test func `a repository's rotation is followed, and what goes back is refused`() throws {
        let rig = try Rig()
        let stick = try RepositoryRig(rig)
        try stick.add(try rig.build(try rig.scriptRelease("1.0.0", 10), as: "1.0.0"))
        #expect(try rig.nacelle("install", stick.folder).status == 0)
        try rig.shell("cp -r \(stick.folder) \(rig.path("copy"))")

        try rig.bundle("keygen", "signing", rig.path("online2"))
        try rig.bundle(
            "root", "extend", rig.path("root.json"), "-o", rig.path("root2.json"), "--days", "60",
            "--remove", "timestamp=\(rig.path("online.pub"))", "--add",
            "timestamp=\(rig.path("online2.pub"))", "--remove",
            "snapshot=\(rig.path("online.pub"))", "--add", "snapshot=\(rig.path("online2.pub"))",
            "--sign", rig.path("a.key"))
        try rig.bundle(
            "repo", "rotate", stick.folder, rig.path("root2.json"), "--online-key",
            rig.path("online.key"), "--online-key", rig.path("online2.key"))
        let answer = try rig.nacelle("check", stick.folder)
        #expect(answer.status == 0, "\(answer.output)")
        #expect(answer.output.contains("root of trust version 2"), "\(answer.output)")
        // The old state, signed by the old key, is the work of somebody who holds it.
        try rig.refuses(.untrusted, "check", rig.path("copy"))

        // An older state under the same keys.
        try rig.shell("rm -r \(rig.path("copy")); cp -r \(stick.folder) \(rig.path("copy"))")
        try rig.bundle(
            "repo", "refresh", stick.folder, "--snapshot", "--online-key", rig.path("online2.key"))
        #expect(try rig.nacelle("check", stick.folder).status == 0)
        try rig.refuses(.rollback, "check", rig.path("copy"))
    }

    @Test func `a repository's file with a changed byte is refused and changes nothing`() throws {
        let rig = try Rig()
        let stick = try RepositoryRig(rig)
        try stick.add(try rig.build(try rig.scriptRelease("1.0.0", 10), as: "1.0.0"))
        let files = try rig.shell(
            "cd \(stick.folder) && find . -type f ! -path '*/.*' ! -name '1.*.json' | sort")
        for file in files.split(separator: "\n") where !file.hasPrefix("./.") {
            try rig.shell("rm -rf \(rig.path("bent")); cp -r \(stick.folder) \(rig.path("bent"))")
            try rig.shell(
                """
                python3 -c '
                import sys
                data = bytearray(open(sys.argv[1], "rb").read())
                data[len(data) * 2 // 3] ^= 1
                open(sys.argv[1], "wb").write(data)' \(rig.path("bent"))/\(file)
                """)
            let answer = try rig.nacelle("install", rig.path("bent"))
            #expect(
                (10...19).contains(answer.status) || (50...63).contains(answer.status),
                "\(file): \(answer.status) \(answer.output)")
            #expect(try rig.current == nil, "\(file)")
        }
        #expect(try rig.nacelle("install", stick.folder).status == 0)
    }

    private func check(_ rig: Rig) throws -> JSONValue {
        let answer = try rig.nacelle("check", "--json")
        return try #require(answer.event("check"), "\(answer.output)")
    }
}
