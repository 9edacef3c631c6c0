import Faults
import Glibc
import Testing

/// What must not be installed is refused in words, and what runs goes on.
@Suite(.serialized) struct RefusalTests {
    @Test func `altered and truncated bundles are refused before the fallback is given up`() throws
    {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.install(rig.scriptRelease("1.1.0", 11))
        let good = try rig.build(rig.scriptRelease("1.2.0", 12, payload: 3_000_000), as: "good")
        let bad = rig.path("bad.nacelle")
        let edges = try rig.sections(of: good)
        for offset in try edges.flips() {
            try rig.shell("cp \(good) \(bad)")
            try rig.flip(bad, at: offset)
            let answer = try rig.nacelle("install", bad)
            // A changed id in the list of recipients leaves this machine without an entry: 16.
            #expect([10, 12, 16].contains(answer.status), "byte \(offset): \(answer.output)")
            #expect(try rig.state("a") == "good", "byte \(offset) cost the fallback")
        }
        for length in edges.cuts() {
            try rig.shell("head -c \(length) \(good) > \(bad)")
            try rig.refuses(.malformed, "install", bad)
        }
        try rig.shell("cat \(good) \(rig.path("config.yaml")) > \(bad)")
        try rig.refuses(.malformed, "install", bad)
        #expect(try rig.current == "slots/b")
        #expect(try rig.nacelle("verify").status == 0)
        #expect(try rig.nacelle("install", good).status == 0)
    }

    @Test func `a bundle that this machine must not take is refused by its own code`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        func description(_ counter: Int = 12) throws -> String {
            try rig.scriptRelease("1.2.0", counter)
        }
        try rig.refuses(
            .untrusted, "install", rig.build(description(), as: "x", by: ["a", "stranger"]))
        try rig.refuses(.untrusted, "install", rig.build(description(), as: "x", by: ["a"]))
        try rig.refuses(
            .incompatible, "install",
            rig.build(
                description().replacing("compatible: [test-rig]", with: "compatible: [camera]"),
                as: "x"))
        try rig.refuses(
            .incompatible, "install",
            rig.build(
                description().replacing("application: bearing", with: "application: other"),
                as: "x"))
        try rig.refuses(
            .incompatible, "install",
            rig.build(description() + "\nrequires: {processor-features: [no-such-one]}\n", as: "x"))
        try rig.refuses(.downgrade, "install", rig.build(description(9), as: "x"))
        try rig.refuses(.downgrade, "install", rig.build(description(10), as: "x"))
        try rig.refuses(
            .notRecipient, "install", rig.build(description(), as: "x", for: "other"))
        try rig.refuses(.notFound, "install", rig.path("absent.nacelle"))
        try rig.refuses(.notFound, "install", rig.place)
        try rig.write("empty.nacelle", "")
        try rig.refuses(.malformed, "install", rig.path("empty.nacelle"))
        // Signing again, as an offline key would, makes it acceptable.
        try rig.build(description(), as: "x", by: ["a"])
        try rig.bundle("sign", rig.path("x.nacelle"), "--key", rig.path("c.key"))
        #expect(try rig.nacelle("install", rig.path("x.nacelle")).status == 0)
    }

    @Test func `a program that never becomes ready, hangs or fails is refused`() throws {
        let rig = try Rig()
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.refuses(
            .smokeDeadline, "install",
            rig.build(rig.scriptRelease("1.1.0", 11, script: "sleep 1000", deadline: "1s"), as: "x")
        )
        try rig.refuses(
            .smokeFailed, "install",
            rig.build(rig.scriptRelease("1.1.1", 12, script: "echo broken; exit 3"), as: "x"))
        let never = try rig.release("1.1.2", 13)
            .replacing("ready-timeout: 30s", with: "ready-timeout: 1s")
            .replacing("program: bin/bearing-infer", with: "program: bin/never")
            .replacing(
                "tree:",
                with: "tree:\n  - {from: \(rig.path("never")), to: bin/never, mode: \"755\"}")
        try rig.write("never", "#!/bin/sh\nexec sleep 1000\n", mode: 0o755)
        try rig.refuses(.smokeNotReady, "install", rig.build(never, as: "x"))
        #expect(try rig.current == "slots/a")
        #expect(try rig.nacelle("verify", "--slot", "a").status == 0)
    }
}

extension Rig {
    /// Builds and installs a description.
    func install(_ description: String) throws {
        let answer = try nacelle("install", build(description, as: "install"))
        guard answer.status == 0 else { throw Fault(.internalError, answer.output) }
    }

    /// Changes one byte of a file.
    func flip(_ path: String, at offset: Int64) throws {
        let file = open(path, O_RDWR)
        defer { close(file) }
        var byte: UInt8 = 0
        guard file >= 0, pread(file, &byte, 1, off_t(offset)) == 1 else {
            throw Fault(.internalError, "cannot read byte \(offset) of \(path)")
        }
        byte ^= 0x20
        guard pwrite(file, &byte, 1, off_t(offset)) == 1 else {
            throw Fault(.internalError, "cannot write byte \(offset) of \(path)")
        }
    }

    /// Where a bundle's sections begin, by its preamble.
    func sections(of path: String) throws -> Sections {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var head = [UInt8](repeating: 0, count: 64)
        guard file >= 0, pread(file, &head, 64, 0) == 64 else {
            throw Fault(.internalError, "cannot read \(path)")
        }
        func number(_ offset: Int, _ size: Int) -> Int64 {
            (0..<size).reduce(0) { $0 | Int64(head[offset + $1]) << Int64(8 * $1) }
        }
        let recipients = 64 + number(12, 4)
        let index = recipients + number(16, 4)
        let pack = index + number(24, 8)
        return Sections(
            recipients: recipients, index: index, pack: pack, end: pack + number(32, 8))
    }

    struct Sections {
        var recipients: Int64
        var index: Int64
        var pack: Int64
        var end: Int64

        /// Bytes to change: some of every section.
        func flips() throws -> [Int64] {
            [
                0, 8, 14, 40, 63, 64, 64 + (recipients - 64) / 2, recipients - 2, recipients,
                recipients + 12, recipients + 60, index, index + 10, (index + pack) / 2, pack - 1,
                pack, pack + 100, (pack + end) / 2, end - 1,
            ]
        }

        /// Lengths to cut to: every section's edge, and a byte beside it.
        func cuts() -> [Int64] {
            [0, 1, 63, 64, 65].map(Int64.init)
                + [recipients, index, pack, end].flatMap { [$0 - 1, $0] }.dropLast()
        }
    }
}
