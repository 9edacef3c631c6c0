import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// Who an install is while it meets bytes from outside, and what is left of the keys it used.
@Suite(.serialized) struct PrivilegeTests {
    /// A download that goes on for long, of a command that root started.
    private struct Slow {
        let net: NetRig
        let bundle: String
    }

    private func slow() throws -> Slow {
        let net = try NetRig()
        try net.makeWeights("w1", bytes: 24_000_000)
        try net.publish("1.0.0", 10, weights: "w1", chunks: "8KiB")
        try net.serve("limit_rate 200k;")
        return Slow(net: net, bundle: net.address("1.0.0.nacelle"))
    }

    /// The one child of a process, once it fetches what fills the slot.
    private func fetching(_ rig: Rig, of parent: pid_t) throws -> String {
        try rig.wait { access(rig.store + "/records/a.json", F_OK) == 0 }
        var children: [Substring] = []
        try rig.wait {
            children = try rig.shell("cat /proc/\(parent)/task/\(parent)/children")
                .split(whereSeparator: \.isWhitespace)
            return !children.isEmpty
        }
        try #require(children.count == 1, "\(children)")
        return String(children[0])
    }

    /// A field of `/proc/PID/status`, its words apart.
    private func status(_ rig: Rig, _ pid: String, _ field: String) throws -> [String] {
        let text = try rig.shell("cat /proc/\(pid)/status")
        let line = text.split(separator: "\n").first { $0.hasPrefix(field + ":") }
        return try #require(line, "no \(field)").split(whereSeparator: \.isWhitespace).dropFirst()
            .map(String.init)
    }

    @Test func `what root's install fetches and unpacks with is not root, and cannot be again`()
        throws
    {
        let slow = try slow()
        let rig = slow.net.rig
        var install = try rig.start("install", "--json", slow.bundle)
        let child = try fetching(rig, of: install.id)
        let daemon = try rig.shell("id -u daemon").filter(\.isNumber)
        #expect(try status(rig, child, "Uid") == [daemon, daemon, daemon, daemon])
        let group = try rig.shell("id -g daemon").filter(\.isNumber)
        #expect(try status(rig, child, "Gid") == [group, group, group, group])
        #expect(try !status(rig, child, "Groups").contains("0"))
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            #expect(try status(rig, child, set) == ["0000000000000000"], "\(set)")
        }
        #expect(try status(rig, child, "NoNewPrivs") == ["1"])
        #expect(try status(rig, child, "Seccomp") == ["2"])
        // What stays root has no connection to anybody.
        func connections(_ pid: String) throws -> String {
            try rig.shell(
                """
                for fd in $(ls -l /proc/\(pid)/fd | sed -n 's/.*socket:.\\([0-9]*\\).*/\\1/p'); do
                    awk -v inode=$fd -v port=:\(String(slow.net.server.port, radix: 16).uppercased()) \
                        '$10 == inode && index($3, port)' /proc/net/tcp
                done
                """)
        }
        #expect(try !connections(child).isEmpty)
        #expect(try connections("\(install.id)").isEmpty)

        // A signal to the command alone ends both, in the command's own words.
        install.terminate()
        #expect(try install.exitSoon() == FaultCode.cancelled.exitStatus)
        #expect(access("/proc/\(child)", F_OK) != 0)
        try slow.net.serve()
        try slow.net.install(slow.net.address("1.0.0.nacelle"))
        #expect(try rig.current == "slots/a")
    }

    @Test func `where the command is killed, what it fetched with is gone too`() throws {
        let slow = try slow()
        let rig = slow.net.rig
        var install = try rig.start("install", slow.bundle)
        let child = try fetching(rig, of: install.id)
        install.kill()
        _ = try? install.exit()
        try rig.wait { access("/proc/\(child)", F_OK) != 0 }
        // The other way round, the command ends in words, and the running version is untouched.
        install = try rig.start("install", slow.bundle)
        let second = try fetching(rig, of: install.id)
        try rig.shell("kill -9 \(second)")
        #expect(try install.exitSoon() == FaultCode.noSpace.exitStatus)
        let said = try rig.shell("tail -n 2 \(rig.path("background.log"))")
        #expect(said.contains("by signal 9"), "\(said)")
        try slow.net.serve()
        try slow.net.install(slow.net.address("1.0.0.nacelle"))
    }

    @Test func `a device key that is used is in locked memory alone, and not in root's process`()
        throws
    {
        let slow = try slow()
        let rig = slow.net.rig
        var install = try rig.start("install", slow.bundle)
        let child = try fetching(rig, of: install.id)
        let search = try rig.shell(
            """
            python3 - \(child) \(install.id) \(rig.path("device.key")) << 'END'
            import base64, sys
            child, parent, file = sys.argv[1:]
            text = open(file, "rb").read().split(b"\\n")[1]
            raw = base64.b64decode(text)[-32:]

            def places(pid, wanted):
                found, locked, start = [], 0, None
                memory = open(f"/proc/{pid}/mem", "rb")
                for line in open(f"/proc/{pid}/smaps"):
                    words = line.split()
                    if "-" in words[0] and not words[0].endswith(":"):
                        start, end = (int(part, 16) for part in words[0].split("-"))
                        hits = 0
                        if words[1].startswith("rw"):
                            try:
                                memory.seek(start)
                                hits = memory.read(end - start).count(wanted)
                            except OSError:
                                pass
                    elif words[0] == "VmFlags:" and hits:
                        found += ["locked" if "lo" in words else "plain"] * hits
                return found

            # Half of the line: what the file's text is split into somewhere would be found as well.
            print("text", places(child, text[20:52]) + places(parent, text[20:52]))
            print("raw", sorted(set(places(child, raw))))
            print("root", places(parent, raw))
            END
            """)
        #expect(search.contains("text []"), "\(search)")
        #expect(search.contains("raw ['locked']"), "\(search)")
        #expect(search.contains("root []"), "\(search)")
        let core = try rig.shell("grep 'Max core file size' /proc/\(child)/limits")
        #expect(core.split(whereSeparator: \.isWhitespace).suffix(3) == ["0", "0", "bytes"])
        install.terminate()
        _ = try install.exitSoon()
    }

    @Test func `a bundle and roots that root alone may read are installed`() throws {
        let rig = try Rig()
        let bundle = try rig.build(try rig.scriptRelease("1.0.0", 10), as: "closed")
        // As a stick is mounted: nobody else may even enter it.
        try rig.shell(
            """
            mkdir -m 700 \(rig.path("stick")) && mv \(bundle) \(rig.path("stick"))/ \
            && chmod 600 \(rig.path("stick"))/closed.nacelle
            """)
        let answer = try rig.nacelle("install", rig.path("stick") + "/closed.nacelle")
        #expect(answer.status == 0, "\(answer.output)")
        #expect(try rig.state("a") == "good")
        // A refused one makes no store.
        rig.store = rig.path("second")
        try rig.configure()
        let other = try rig.build(
            try rig.scriptRelease("1.1.0", 11), as: "stranger", by: ["a", "stranger"])
        let refused = try rig.nacelle("install", other)
        #expect(refused.status == FaultCode.untrusted.exitStatus, "\(refused.output)")
        #expect(access(rig.store, F_OK) != 0)
    }

    @Test func `a store of root's is filled by a root without powers`() throws {
        let slow = try slow()
        let rig = slow.net.rig
        try rig.shell("sed -i '/^user:/d' \(rig.path("config.yaml"))")
        var install = try rig.start("install", slow.bundle)
        let child = try fetching(rig, of: install.id)
        #expect(try status(rig, child, "CapEff") == ["0000000000000000"])
        #expect(try status(rig, child, "CapBnd") == ["0000000000000000"])
        #expect(try status(rig, child, "Seccomp") == ["2"])
        install.interrupt()
        #expect(try install.exitSoon() == FaultCode.cancelled.exitStatus)
        try slow.net.serve()
        let answer = try rig.nacelle("install", slow.net.address("1.0.0.nacelle"))
        #expect(answer.status == 0, "\(answer.output)")
    }

    @Test func `what the kernel confines with is told`() throws {
        let rig = try Rig()
        let bundle = try rig.build(try rig.scriptRelease("1.0.0", 10), as: "told")
        let answer = try rig.nacelle("install", bundle)
        #expect(answer.status == 0, "\(answer.output)")
        let said = try rig.status()["confinement"]
        #expect(said?["systemCalls"] == .bool(true))
        guard case .number(let version)? = said?["landlock"] else {
            Issue.record("no version of Landlock: \(String(describing: said))")
            return
        }
        #expect(Int(version) != nil)
        #expect(try rig.nacelle("config", "check").status == 0)
    }
}
