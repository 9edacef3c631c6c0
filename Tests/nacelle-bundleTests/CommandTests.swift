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
        #expect(leaves(NacelleBundle.self).count == 12)
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
}
