import DurableFiles
import Faults
import Glibc
import Testing

/// The ceremonies of `docs/trust.md`, each block as it stands there, one after the other.
@Suite(.serialized) struct CeremonyTests {
    /// The blocks of shell on the page, in their order.
    private func blocks() throws -> [String] {
        let docs = try Directory.open(path: Rig.checkout + "/docs")
        let page = try #require(try docs.read("trust.md", limit: 1 << 20))
        let parts = String(decoding: page, as: UTF8.self).split(separator: "```")
        return stride(from: 1, to: parts.count, by: 2).compactMap { number in
            parts[number].hasPrefix("sh\n") ? String(parts[number].dropFirst(3)) : nil
        }
    }

    @Test func `every ceremony on the page works, and what it takes away is refused from then on`()
        throws
    {
        let rig = try Rig()
        try rig.shell("mkdir \(rig.path("desk"))")
        try rig.write("app.yaml", try rig.scriptRelease("1.0.0", 1))
        try rig.shell("mv \(rig.path("app.yaml")) \(rig.path("desk"))")
        try rig.configure()
        try rig.shell(
            "sed -i 's|^root: .*|root: \(rig.path("desk/root.json"))|' \(rig.path("config.yaml"))")
        let head = """
            set -e
            cd \(rig.path("desk"))
            export PATH="\(Rig.programs):$PATH"
            nacelle() { command nacelle "$@" --config \(rig.path("config.yaml")); }

            """
        let blocks = try blocks()
        #expect(blocks.count == 7)
        for block in blocks {
            // What the stolen key signs before the rotation, and would like to see installed.
            if block.contains("keygen signing ci-2") {
                try rig.write("stolen.yaml", try rig.scriptRelease("6.6.6", 66))
                try rig.shell(
                    head
                        + "nacelle-bundle build ../stolen.yaml -o stolen.nacelle --sign ci.key --no-seal"
                )
                try rig.shell("cp -r \(rig.path("desk/repo")) \(rig.path("desk/old"))")
            }
            try rig.shell(head + block)
            guard block.contains("keygen signing ci-2") else { continue }
            try rig.refuses(.untrusted, "install", rig.path("desk/stolen.nacelle"))
        }
        let status = try rig.nacelle("status")
        #expect(status.output.contains("bearing 1.0.0 runs (good)"), "\(status.output)")
        #expect(try rig.shell("ls \(rig.store)/state/roots | grep -c root.json").hasPrefix("4"))
        // The repository as it was before the keys changed.
        let old = try rig.nacelle("check", rig.path("desk/old"))
        #expect(old.status == FaultCode.untrusted.exitStatus, "\(old.output)")
    }
}
