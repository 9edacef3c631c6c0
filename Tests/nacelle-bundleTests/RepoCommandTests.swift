import ArgumentParser
import DurableFiles
import Faults
import TestKit
import Testing

@testable import nacelle_bundle

@Suite struct RepoCommandTests {
    private func status(_ arguments: [String]) -> Int32 {
        do {
            var command = try NacelleBundle.parseAsRoot(arguments + ["-q"])
            try command.run()
            return 0
        } catch {
            return NacelleBundle.exitCode(for: error).rawValue
        }
    }

    @Test func `a repository is kept from the command line, with two signatures`() throws {
        try withScratch { scratch in
            let path = scratch.path
            let at = { (name: String) in "\(path)/\(name)" }
            for name in ["ci", "eva", "online"] {
                #expect(status(["keygen", "signing", at(name)]) == 0)
            }
            #expect(
                status([
                    "root", "init", "-o", at("root.json"), "--days", "700", "--root", at("ci.pub"),
                    "--targets", at("ci.pub"), "--targets", at("eva.pub"), "--threshold",
                    "targets=2", "--snapshot", at("online.pub"), "--timestamp", at("online.pub"),
                    "--sign", at("ci.key"),
                ]) == 0)
            let ci = ["--targets-key", at("ci.key")]
            let eva = ["--targets-key", at("eva.key")]
            let online = ["--online-key", at("online.key")]
            let initial = ["repo", "init", at("repo"), "--root", at("root.json")] + online
            #expect(status(initial + ci) == FaultCode.untrusted.exitStatus)
            #expect(status(initial + ci + eva) == 0)
            let tree = try scratch.make("tree")
            try tree.replace("run", with: Array("#!/bin/sh\nexit 0\n".utf8), mode: 0o755)
            let description = """
                application: demo
                version: 1.0.0
                release-counter: 1
                compatible: [bench]
                tree: tree
                smoke: {kind: command, program: run}
                """
            try scratch.replace("app.yaml", with: Array(description.utf8))
            #expect(
                status([
                    "build", at("app.yaml"), "-o", at("app.nacelle"), "--no-seal", "--sign",
                    at("ci.key"), "--sign", at("eva.key"),
                ]) == 0)
            // With a slash at the end, as a shell completes it.
            let add = ["repo", "add", at("repo/"), at("app.nacelle")]
            #expect(status(add + ci + online) == 0)
            #expect(status(add + ci + online) == FaultCode.busy.exitStatus)
            #expect(status(["repo", "sign", at("repo"), "--discard"]) == 0)
            #expect(status(add + ci + online) == 0)
            let staged = at("repo/.staging/targets.json")
            #expect(status(["repo", "sign", "--document", staged] + eva) == 0)
            #expect(status(["repo", "sign", at("repo")] + online) == 0)
            #expect(status(["repo", "sign", at("repo")] + online) == FaultCode.notFound.exitStatus)
            #expect(status(["repo", "check", at("repo")]) == 0)
            #expect(
                status(["repo", "refresh", at("repo"), "--days", "9", "--prune"] + online) == 0)
            #expect(
                status(["repo", "remove", at("repo"), "--version", "1.0.0"] + ci + eva + online)
                    == 0)
            #expect(
                status(["repo", "remove", at("repo"), "--prune", "--grace-hours", "0"]) == 0)
            let objects = try Directory.open(path: at("repo/objects"))
            #expect(try objects.names().isEmpty)
            #expect(status(["repo", "check", at("empty")]) == FaultCode.notFound.exitStatus)
        }
    }
}
