import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// Thieves, servers and other users against the programs as they ship; docs/security.md names these.
@Suite(.serialized) struct SecurityTests {
    @Test func `one of two signing keys that were stolen installs nothing`() throws {
        let rig = try Rig()
        let good = try rig.build(rig.scriptRelease("1.0.0", 1), as: "good")
        #expect(try rig.nacelle("install", good).status == 0)
        // What a thief of one key can make: alone, and beside keys of his own.
        let alone = try rig.build(rig.scriptRelease("9.0.0", 9), as: "alone", by: ["a"])
        let company = try rig.build(
            rig.scriptRelease("9.0.0", 9), as: "company", by: ["a", "stranger"])
        try rig.refuses(.untrusted, "install", alone)
        try rig.refuses(.untrusted, "install", company)
        // Nor does another root of trust beside the bundle help, which his key would sign.
        try rig.shell("mkdir \(rig.path("thief"))")
        try rig.bundle(
            "root", "extend", rig.path("root.json"), "-o", rig.path("thief/2.root.json"), "--days",
            "60", "--add", "targets=\(rig.path("stranger.pub"))", "--sign", rig.path("b.key"))
        try rig.shell("mv \(company) \(rig.path("thief"))/")
        try rig.refuses(.untrusted, "install", rig.path("thief/company.nacelle"))
        #expect(try rig.shell("ls \(rig.store)/state/roots").contains("2.root.json") == false)
    }

    @Test func `a stolen device key opens its own machine's bundles alone, and signs nothing`()
        throws
    {
        let rig = try Rig()
        let own = try rig.build(rig.scriptRelease("1.0.0", 1), as: "own")
        let others = try rig.build(rig.scriptRelease("1.1.0", 2), as: "others", for: "other")
        // The machine with the stolen key in the place of its own.
        try rig.shell("cp \(rig.path("other.key")) \(rig.path("device.key"))")
        try rig.refuses(.notRecipient, "install", own)
        #expect(try rig.nacelle("install", others).status == 0)
        // It is of another kind than what signs.
        let signed = try rig.run(
            "nacelle-bundle",
            ["sign", own, "--key", rig.path("device.key")])
        #expect(signed.status != 0)
    }

    @Test func `an old version that a rollout server offers is refused`() throws {
        let rig = try Rig()
        let double = try DDIDouble()
        try rig.write("target.token", "s3cr3t\n", mode: 0o600)
        try rig.configure(
            """
            fleet:
              server: \(double.poll)
              token: {target: \(rig.path("target.token"))}
            transfer: {plain-http: true, attempts: 3}
            """)
        for (version, counter) in [("1.0.0", 1), ("1.1.0", 2)] {
            let bundle = try rig.build(rig.scriptRelease(version, counter), as: version)
            #expect(try rig.nacelle("install", bundle).status == 0)
        }
        try double.script(
            """
            {"root": "\(rig.place)", "deployment": {"id": "7", "update": "forced", "chunks": [{"name":
              "bearing", "version": "1.0.0", "artifacts": [{"file": "1.0.0.nacelle"}]}]}}
            """)
        #expect(try rig.nacelle("contact").status == 0)
        try rig.refuses(.downgrade, "install", "--offer")
        #expect(try rig.state("b") == "good")
    }

    @Test(arguments: ["077", "000"])
    func `the store, its records and its slots have the modes of the table`(mask: String) throws {
        let rig = try Rig()
        let program = "umask \(mask); \(Rig.programs)/nacelle"
        let config = "--config \(rig.path("config.yaml"))"
        for (version, counter) in [("1.0.0", 1), ("1.1.0", 2)] {
            let bundle = try rig.build(rig.scriptRelease(version, counter), as: version)
            try rig.shell("\(program) install \(bundle) \(config)")
        }
        try rig.shell("\(program) factory keep \(config)")
        try rig.shell("\(program) rollback \(config)")
        try rig.shell("\(program) deny 1.1.0 \(config)")
        try rig.shell("\(program) boot \(config)")
        let stick = try RepositoryRig(rig)
        try stick.add(try rig.build(try rig.scriptRelease("1.2.0", 3), as: "1.2.0"))
        try rig.shell("\(program) check \(stick.folder) \(config)")
        try rig.shell("\(program) install --prepare \(stick.folder) \(config)")

        // Nobody but the owner, daemon, has anything there, and nobody else may write anything.
        let entries = try rig.shell(
            "cd \(rig.store) && find . -printf '%u:%g %y %m %P\\n' | sort -k 4")
        let group = try rig.shell("id -gn daemon").filter { !$0.isWhitespace }
        var seen: Set<String> = []
        for line in entries.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
            try #require(words.count == 4, "\(line)")
            let (kind, mode, path) = (words[1], words[2], words[3])
            #expect(words[0] == "daemon:\(group)", "\(line)")
            let top = path.split(separator: "/").first.map(String.init) ?? ""
            seen.insert(top)
            let allowed: [Substring]
            switch (top, kind) {
            case (_, "l"): continue
            case ("state", "d"): allowed = ["700"]
            case ("state", "f"): allowed = ["600", "644"]
            case ("slots", "f"): allowed = ["644", "755"]
            case ("filling.lock", _), ("switch.lock", _): allowed = ["600"]
            case ("records", "f") where path.hasSuffix(".index"): allowed = ["600"]
            // Kept for the last resort, and not to be written by accident.
            case ("slots", "d") where path == "slots/factory": allowed = ["555"]
            case (_, "d"): allowed = ["755"]
            case (_, "f"): allowed = mask == "077" ? ["600"] : ["644"]
            default: allowed = []
            }
            #expect(allowed.contains(mode), "\(line)")
        }
        #expect(seen.isSuperset(of: ["state", "slots", "records", "current", "filling.lock"]))
        let run = try rig.shell("stat -c '%U %a' \(rig.path("run"))")
        #expect(run.hasSuffix("755\n"), "\(run)")
        // Who is neither root nor the owner reads nothing of the state, and writes nowhere.
        let other = "setpriv --reuid nobody --clear-groups"
        #expect(try rig.shell("\(other) ls \(rig.store)/state 2>&1 || true").contains("denied"))
        for place in [".", "slots", "slots/a", "records"] {
            let answer = try rig.shell(
                "\(other) touch \(rig.store)/\(place)/planted 2>&1 || true")
            #expect(answer.contains("denied"), "\(place): \(answer)")
        }
    }

    @Test func `nobody but the owner can hold a lock of the store`() throws {
        let rig = try Rig()
        #expect(
            try rig.nacelle("install", rig.build(rig.scriptRelease("1.0.0", 1), as: "one")).status
                == 0)
        #expect(
            try rig.nacelle("install", rig.build(rig.scriptRelease("1.1.0", 2), as: "two")).status
                == 0)
        let locks = ["filling.lock", "switch.lock"].map { "\(rig.store)/\($0)" }
        for lock in locks {
            let answer = try rig.shell(
                "setpriv --reuid nobody --clear-groups flock --nonblock \(lock) true 2>&1 || true")
            #expect(answer.contains("denied"), "\(answer)")
        }
        // A store of an earlier release, where everybody could: the next command closes them.
        try rig.shell("chmod 644 \(locks.joined(separator: " "))")
        #expect(try rig.nacelle("rollback").status == 0)
        #expect(try rig.shell("stat -c %a \(locks[1])") == "600\n")
    }

    @Test func `links that stand in the store's way lead nothing out of it`() throws {
        let rig = try Rig()
        let first = try rig.build(rig.scriptRelease("1.0.0", 1), as: "first")
        let second = try rig.build(rig.scriptRelease("1.1.0", 2), as: "second")
        #expect(try rig.nacelle("install", first).status == 0)
        // The worst case: whoever plants them has the owner's rights.
        try rig.shell(
            """
            mkdir -m 777 \(rig.path("prey")) && echo untouched > \(rig.path("prey"))/file \
            && chmod 666 \(rig.path("prey"))/file && cd \(rig.store) \
            && rm -rf slots/b && ln -s \(rig.path("prey")) slots/b \
            && ln -s \(rig.path("prey"))/file records/b.json \
            && ln -s \(rig.path("prey"))/file records/b.envelope \
            && ln -s \(rig.path("prey"))/made records/b.index
            """)
        let answer = try rig.nacelle("install", second)
        #expect(try rig.shell("cat \(rig.path("prey"))/file") == "untouched\n")
        #expect(try rig.shell("ls \(rig.path("prey"))") == "file\n")
        // Refused or replaced: what runs is one of the two, whole.
        let current = try rig.current
        #expect(current == (answer.status == 0 ? "slots/b" : "slots/a"), "\(answer.output)")
        #expect(try rig.shell("readlink -f \(rig.store)/current").hasPrefix(rig.store))
    }
}
