import ArgumentParser
import Building
import DurableFiles
import Faults
import TestKit
import Testing
import Trust

@testable import nacelle_bundle

@Suite struct CommandTests {
    private func status(_ arguments: [String]) -> Int32 {
        do {
            var command = try NacelleBundle.parseAsRoot(arguments)
            try command.run()
            return 0
        } catch {
            return NacelleBundle.exitCode(for: error).rawValue
        }
    }

    private func leaves(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        let inner = command.configuration.subcommands
        return inner.isEmpty ? [command] : inner.flatMap(leaves)
    }

    @Test func `every command teaches`() {
        for command in leaves(NacelleBundle.self) {
            #expect(!command.configuration.abstract.isEmpty)
            #expect(!command.configuration.discussion.isEmpty)
        }
        #expect(leaves(NacelleBundle.self).count == 21)
    }

    @Test(arguments: [
        ["build"], ["build", "x.yaml"], ["build", "x", "-o", "y", "--level", "23"],
        ["build", "x", "-o", "y", "--no-seal", "--recipient", "z"], ["keygen", "other", "x"],
        ["verify", "x"], ["root", "init", "-o", "x"], ["inspect", "x", "--json", "--quiet"],
        ["root", "init", "-o", "x", "--root", "a", "--targets", "b", "--days", "0"],
        ["root", "init", "-o", "x", "--root", "a", "--targets", "b", "--expires", "2031-01-01"],
        ["root", "extend", "a", "-o", "b", "--days", "1", "--add", "ci.pub"],
        ["seal", "x", "--with", "k"], ["delta", "x", "y", "-o", "z"],
        ["delta", "x", "y", "-o", "z", "--root", "r", "--level", "23"],
        ["delta", "x", "y", "-o", "z", "--root", "r", "--list"],
        ["delta", "x", "y", "-o", "z", "--root", "r", "--workers", "0"],
        ["inspect", "x", "--provenance", "n", "--root", "r"], ["inspect", "x", "-o", "y"],
        ["inspect", "x", "--provenance", "n", "-o", "y"],
        ["reference"], ["reference", "x"], ["reference", "x", "-o", "y", "--json", "--quiet"],
        ["repo", "init", "x", "--root", "r"], ["repo", "add", "x"], ["repo", "remove", "x"],
        ["repo", "remove", "x", "--bundle", "a", "--version", "b"], ["repo", "rotate", "x"],
        ["repo", "remove", "x", "--bundle", "a", "--application", "b"], ["repo", "refresh", "x"],
        ["repo", "refresh", "x", "--online-key", "k", "--days", "0"], ["repo", "sign"],
        ["repo", "sign", "x", "--document", "y", "--targets-key", "k"],
        ["repo", "sign", "x", "--discard", "--targets-key", "k"], ["repo", "check"],
    ])
    func `a wrong command line ends with 64`(arguments: [String]) {
        #expect(status(arguments) == 64)
    }

    @Test func `a fault's code is the exit status`() throws {
        try withScratch { scratch in
            let missing = "\(scratch.path)/missing"
            #expect(status(["inspect", missing, "-q"]) == FaultCode.notFound.exitStatus)
            try scratch.replace("text", with: Array("no bundle".utf8))
            #expect(status(["inspect", "\(scratch.path)/text"]) == FaultCode.malformed.exitStatus)
            #expect(status(["keygen", "signing", "\(scratch.path)/k", "-q"]) == 0)
            #expect(
                status(["keygen", "signing", "\(scratch.path)/k"]) == FaultCode.keys.exitStatus)
            #expect(try scratch.info("k.key")?.mode == 0o600)
        }
    }

    @Test func `the description on the command line of a whole ceremony is understood`() throws {
        try withScratch { scratch in
            let path = scratch.path
            let at = { (name: String) in "\(path)/\(name)" }
            for name in ["ann", "ben", "ci"] {
                #expect(status(["keygen", "signing", at(name), "-q"]) == 0)
            }
            #expect(
                status([
                    "root", "init", "-o", at("root.json"), "--days", "365", "--root", at("ann.pub"),
                    "--root", at("ben.pub"), "--threshold", "root=2", "--targets", at("ci.pub"),
                    "--sign", at("ann.key"), "-q",
                ]) == 0)
            #expect(status(["root", "sign", at("root.json"), "--key", at("ben.key"), "-q"]) == 0)
            let state = try RootCeremony.inspect(at("root.json"), previous: nil)
            #expect(state.missing == nil)
            #expect(
                status([
                    "root", "extend", at("root.json"), "-o", at("root-2.json"), "--expires",
                    "2031-01-01T00:00:00Z", "--threshold", "root=1", "--remove",
                    "root=\(at("ben.pub"))", "--sign", at("ann.key"), "--sign", at("ben.key"), "-q",
                ]) == 0)
            let next = try RootCeremony.inspect(at("root-2.json"), previous: at("root.json"))
            #expect(next.missing == nil)
            #expect(next.metadata.expires == 1_924_992_000)
        }
    }

    @Test func `a delta is made, listed beside the full bundle, and verified`() throws {
        try withScratch { scratch in
            let path = scratch.path
            let at = { (name: String) in "\(path)/\(name)" }
            #expect(status(["keygen", "signing", at("ci"), "-q"]) == 0)
            #expect(
                status([
                    "root", "init", "-o", at("root.json"), "--days", "365", "--root", at("ci.pub"),
                    "--targets", at("ci.pub"), "--sign", at("ci.key"), "-q",
                ]) == 0)
            for version in ["1", "2"] {
                let tree = try scratch.make("tree\(version)")
                try tree.replace("run", with: Array("#!/bin/sh\nexit 0\n".utf8), mode: 0o755)
                try tree.replace("notes", with: Array("version \(version)\n".utf8))
                let description = """
                    application: demo
                    version: \(version).0.0
                    release-counter: \(version)
                    compatible: [bench]
                    tree: tree\(version)
                    smoke: {kind: command, program: run}
                    """
                try scratch.replace("\(version).yaml", with: Array(description.utf8))
                #expect(
                    status([
                        "build", at("\(version).yaml"), "-o", at("\(version).nacelle"), "--no-seal",
                        "--sign", at("ci.key"), "-q",
                    ]) == 0)
            }
            let delta = [
                "delta", at("1.nacelle"), at("2.nacelle"), "--root", at("root.json"), "-q",
            ]
            #expect(status(delta + ["-o", at("unsigned.nacelle")]) == 0)
            #expect(try scratch.info("2.nacelle.deltas") == nil)
            let signed = delta + ["--sign", at("ci.key"), "-o"]
            #expect(status(signed + [at("not-listed.nacelle"), "--no-list"]) == 0)
            #expect(try scratch.info("2.nacelle.deltas") == nil)
            #expect(status(signed + [at("delta.nacelle")]) == 0)
            #expect(try scratch.info("2.nacelle.deltas")?.kind == .file)
            #expect(status(["verify", at("delta.nacelle"), "--root", at("root.json"), "-q"]) == 0)
            #expect(status(["inspect", at("delta.nacelle"), "-q"]) == 0)
            _ = try scratch.make("apart")
            #expect(
                status(signed + [at("apart/delta.nacelle"), "--list"])
                    == FaultCode.source.exitStatus)
            #expect(status(signed + [at("apart/delta.nacelle")]) == 0)
            #expect(
                status(
                    ["delta", at("2.nacelle"), at("delta.nacelle")] + delta[3...] + ["-o", at("x")])
                    == FaultCode.source.exitStatus)
        }
    }
}
