import CConfinementProbe
import DurableFiles
import Faults
import Glibc
import Processes
import TestKit
import Testing

@testable import Confinement

/// A process that gave up its privileges tries what one that was taken over would try.
@Suite struct ConfinementTests {
    /// What worked in each attempt: its name, and `done` or the error's number.
    private func attempts(
        user: UInt32, group: UInt32, _ network: String
    ) throws -> [String: String] {
        let parent = try Directory.open(path: "/var/tmp")
        let name = "nacelle-confinement-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let place = try parent.make(name)
        defer { try? parent.removeTree(name) }
        try place.chmod(0o755)
        for name in ["inside", "outside"] {
            let folder = try place.make(name)
            try folder.chown(owner: user, group: group)
            // For anybody by its mode, so that rules on files alone hold it.
            try folder.chmod(name == "outside" ? 0o777 : 0o755)
            try folder.replace("public", with: [1], mode: 0o666)
        }
        // Beside the tests' own program, so built with what they were built with.
        let own = try #require(unsafe realpath("/proc/self/exe", nil))
        defer { unsafe free(own) }
        let parts = unsafe String(cString: own).split(separator: "/").dropLast()
        let program = "/" + parts.joined(separator: "/") + "/confinement-probe"
        let result = try Command(
            executable: program,
            arguments: [
                "\(user)", "\(group)", network, place.path + "/inside",
                place.path + "/inside/public", place.path + "/outside",
            ], containment: .group, output: .captured(tail: 1 << 16), mayGainPrivileges: true
        ).run(until: Deadline(after: .seconds(60)))
        #expect(result.success, "\(result.output)")
        var found: [String: String] = [:]
        for line in result.output.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { found[String(words[0])] = String(words[1]) }
        }
        return found
    }

    private static let allowed = [
        "landlock", "filter", "write-inside", "mkdir-inside", "rename-inside", "truncate-inside",
        "link-inside", "remove-inside", "read-named", "write-null", "thread", "load-library",
        "names",
        "told", "end",
    ]
    private static let refused = [
        "write-outside", "rename-outside", "read-outside", "list-outside", "read-shadow",
        "write-passwd", "device", "fifo", "become-other", "become-other-saved", "become-group",
        "groups", "capabilities", "give-away", "exec", "fork", "fork-old", "clone3",
        "user-namespace", "trace", "mount", "io-uring", "bpf", "keys", "terminal",
        "signal-parent", "packets", "listen",
    ]

    private func expect(_ found: [String: String], allows more: [String], refuses: [String]) {
        for name in ConfinementTests.allowed + more {
            #expect(found[name] == "done", "\(name): \(found[name] ?? "not tried")")
        }
        for name in ConfinementTests.refused + refuses {
            let result = found[name]
            #expect(result != nil && result != "done", "\(name): \(result ?? "not tried")")
        }
        #expect(found["dumpable"] == "0")
        #expect(found["no-new-privileges"] == "1")
        #expect(found["core"] == "0")
        #expect(found["fault"] == nil, "\(found["fault"] ?? "")")
    }

    @Test func `a confined process of a store's user writes there, and gains nothing`() throws {
        let found = try attempts(user: 1, group: 1, "local")
        expect(found, allows: [], refuses: ["connect", "local-socket"])
        #expect(found["ids"] == "1.1.1.1.1.1.0")
    }

    @Test func `with a network it connects, and listens to nobody`() throws {
        let found = try attempts(user: 1, group: 1, "network")
        expect(found, allows: ["connect", "local-socket"], refuses: [])
    }

    // Capabilities are a thread's. The thread sanitizer's own one keeps them, so that becoming another
    // user fails in one thread and works in the other, on which glibc aborts.
    @Test(.enabled(if: cconfinement_has_sanitizer_thread() == 0))
    func `in a store of root's it is root by number alone`() throws {
        let found = try attempts(user: 0, group: 0, "local")
        expect(found, allows: [], refuses: ["connect", "local-socket"])
        #expect(found["ids"] == "0.0.0.0.0.0.0")
    }

    @Test func `a process with several threads is not confined by halves`() {
        let policy = ConfinementPolicy(user: 1, group: 1, network: false)
        // The test runner has many.
        #expect(throws: Fault.self) { try Confinement.enter(policy) }
        #expect(throws: Fault.self) { try ForkedChild.start { _, _ in } }
    }

    @Test func `what a kernel lacks is said in words`() {
        #expect(ConfinementLayers(landlock: 7, isFiltered: true).gap == nil)
        for layers in [
            ConfinementLayers(landlock: 0, isFiltered: true),
            ConfinementLayers(landlock: 7, isFiltered: false),
            ConfinementLayers(landlock: 0, isFiltered: false),
        ] {
            #expect((layers.gap ?? "").utf8.count > 40)
        }
    }
}
