import Faults
import Publishing
import TestKit
import Testing
import Trust

/// An operation that ends at any of its writes leaves a repository that readers can use, and the next
/// command goes on.
@Suite struct CrashTests {
    /// Runs an operation once for each of its writes, ends it before that write, looks at the repository
    /// as it is, runs the operation again, and compares with what an undisturbed run leaves.
    private func interrupt(
        _ prepare: (Desk) throws -> Void, isThere: Bool = true,
        _ operation: (Desk, @escaping (String) throws(Fault) -> Void) throws -> Void
    ) throws {
        try Desk.run { desk in
            try prepare(desk)
            let stopped = Fault(.cancelled, "The power went.")
            var writes = 0
            try desk.copy("repo", "kept")
            try operation(desk) { _ throws(Fault) in writes += 1 }
            let end = try desk.files()
            #expect(writes > 1)
            for place in 0..<writes {
                try desk.remove("repo")
                try desk.copy("kept", "repo")
                var left = place
                let refusal = fault {
                    try operation(desk) { _ throws(Fault) in
                        left -= 1
                        if left < 0 { throw stopped }
                    }
                }
                #expect(refusal?.code == .cancelled)
                if isThere {
                    #expect(try desk.check().findings.isEmpty, "after \(place) writes")
                }
                try operation(desk) { _ throws(Fault) in }
                #expect(try desk.check().findings.isEmpty, "after \(place) writes and another run")
                #expect(
                    try Set(desk.files().keys) == Set(end.keys), "after \(place) writes")
                let remainders = try runTool("find", [desk.repository, "-name", ".*.new"])
                #expect(remainders.isEmpty, "after \(place) writes")
            }
        }
    }

    @Test func `adding`() throws {
        try interrupt { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.add("1.0.0")
            try desk.build("1.1.0", release: 2, content: 1, sealedTo: ["device"])
            try desk.build("1.2.0", release: 3, content: 2)
        } _: { desk, checkpoint in
            _ = try desk.publisher(checkpoint: checkpoint).add(
                ["1.1.0", "1.2.0"].map { desk.at("\($0).nacelle") }, keys: desk.keys(),
                key: desk.at("device.key"))
        }
    }

    @Test func `removing and pruning`() throws {
        try interrupt { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1)
            try desk.build("1.1.0", release: 2, content: 1)
            try desk.add("1.0.0", "1.1.0")
        } _: { desk, checkpoint in
            do {
                _ = try desk.publisher(checkpoint: checkpoint).remove(
                    .version("1.0.0", application: nil), keys: desk.keys())
            } catch let fault as Fault where fault.code == .notFound {
                // The interrupted run had come so far.
            }
            for now in [Desk.now, Desk.now + 8 * Desk.day] {
                _ = try desk.publisher(now: now, checkpoint: checkpoint).prune()
            }
        }
    }

    @Test func `rotating all keys`() throws {
        try interrupt { desk in
            try desk.open()
            try desk.build("1.0.0", release: 1, signers: ["ci", "eva"])
            try desk.add("1.0.0")
            let swap: [TrustRole] = [.snapshot, .timestamp]
            try desk.extendRoot(
                add: swap.map { ($0, "online2") } + [(.targets, "eva")],
                remove: swap.map { ($0, "online") } + [(.targets, "ci")])
        } _: { desk, checkpoint in
            _ = try desk.publisher(checkpoint: checkpoint).rotate(
                to: [desk.at("root-2.json")],
                keys: desk.keys(["ci", "eva"], online: ["online", "online2"]))
        }
    }

    @Test func `signing what waits`() throws {
        try interrupt { desk in
            try desk.makeRoot(targets: ["ci", "eva"], threshold: 2)
            _ = try desk.publisher().create(
                root: desk.at("root.json"), keys: desk.keys(["ci", "eva"]))
            try desk.build("1.0.0", release: 1, signers: ["ci", "eva"])
            _ = try desk.publisher().add([desk.at("1.0.0.nacelle")], keys: desk.keys(["ci"]))
        } _: { desk, checkpoint in
            do {
                _ = try desk.publisher(checkpoint: checkpoint).sign(keys: desk.keys(["eva"]))
            } catch let fault as Fault where fault.code == .notFound {
                // The interrupted run had come so far.
            }
        }
    }

    @Test func `making one`() throws {
        try interrupt({ desk in try desk.make("repo") }, isThere: false) { desk, checkpoint in
            do {
                _ = try desk.publisher(checkpoint: checkpoint).create(
                    root: desk.at("root.json"), keys: desk.keys())
            } catch let fault as Fault where fault.code == .source {
                // The interrupted run had come so far.
            }
        }
    }
}

extension Desk {
    func make(_ name: String) throws { try runTool("mkdir", [at(name)]) }
    func copy(_ from: String, _ to: String) throws {
        try runTool("cp", ["-a", at(from), at(to)])
    }
}
