import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// Trees at the limits: file sizes around 4 GiB, paths of every length, as many entries as may be.
///
/// `scripts/sizes` does the same with more and larger ones, by hand.
@Suite(.serialized) struct SizeTests {
    private static let gigabytes: Int64 = 4 << 30

    /// A release whose tree is the rig's folder `tree` beside its program.
    private func release(_ rig: Rig, _ version: String, _ counter: Int) throws -> String {
        try rig.scriptRelease(version, counter, payload: 1000).replacing(
            "tree:", with: "tree:\n  - {from: \(rig.path("tree")), to: data}")
    }

    /// Runs a few lines of Python.
    private func python(_ rig: Rig, _ lines: String) throws {
        try rig.write("lines.py", lines)
        try rig.shell("python3 \(rig.path("lines.py"))")
    }

    /// Builds a release that must be refused; its sentence.
    private func refusal(_ rig: Rig, _ version: String, _ counter: Int) throws -> Rig.Answer {
        try rig.write("\(version).yaml", try release(rig, version, counter))
        return try rig.run(
            "nacelle-bundle",
            [
                "build", rig.path("\(version).yaml"), "-o", rig.path("\(version).nacelle"),
                "--recipient", rig.path("device.pub"), "--sign", rig.path("a.key"), "--sign",
                rig.path("b.key"),
            ])
    }

    @Test func `files of no byte, of one, and of 4 GiB less and more one, come as they are`() throws
    {
        let rig = try Rig()
        try rig.shell("mkdir \(rig.path("tree"))")
        // Sparse, with a byte on either side of what 32 bits can count.
        let sizes: [(name: String, bytes: Int64)] = [
            ("empty", 0), ("one", 1), ("less", SizeTests.gigabytes - 1),
            ("more", SizeTests.gigabytes + 1),
        ]
        for (name, bytes) in sizes {
            try python(
                rig,
                """
                with open("\(rig.path("tree/"))\(name)", "wb") as file:
                    file.truncate(\(bytes))
                    for place in (0, 2**31 - 1, 2**31, 2**32 - 2, 2**32):
                        if place < \(bytes):
                            file.seek(place)
                            file.write(bytes([place % 251 + 1]))
                """)
        }
        let bundle = try rig.build(release(rig, "1.0.0", 10), as: "1.0.0", within: 300)
        // Zeros are stored once, and named 16,384 times.
        let stored = try #require(Int64(rig.shell("stat -c %s \(bundle)").filter(\.isNumber)))
        #expect(stored < 4 << 20, "\(stored)")
        let answer = try rig.run(
            "nacelle", ["install", "--json", bundle, "--config", rig.path("config.yaml")],
            within: 300)
        #expect(answer.status == 0, "\(answer.output)")
        // The read-back has digested all of it; what was zeros has cost the disk no write.
        let written = try #require(answer.event("filled")?.number("written"))
        #expect(written < 16 << 20, "\(written)")
        for (name, bytes) in sizes {
            let file = "\(rig.store)/slots/a/data/\(name)"
            let found = try rig.shell("stat -c %s \(file)").filter(\.isNumber)
            #expect(found == "\(bytes)", "\(name)")
            try python(
                rig,
                """
                with open("\(rig.path("tree/"))\(name)", "rb") as a, open("\(file)", "rb") as b:
                    for place in (0, 2**31 - 9, 2**32 - 9):
                        a.seek(place)
                        b.seek(place)
                        assert a.read(99) == b.read(99), place
                """)
        }
    }

    @Test func `paths of every length up to 1024 bytes and 64 components are built and installed`()
        throws
    {
        let rig = try Rig()
        // Directories of 200 bytes, then a name of what is missing; and 63 more below each other.
        // The tree stands below data/, which are five bytes of each path.
        try python(
            rig,
            """
            import os
            for length in range(1, 1020):
                deep = (length - 1) // 201
                place = "\(rig.path("tree"))/" + ("d" * 200 + "/") * deep
                os.makedirs(place, exist_ok=True)
                open(place + "n" * (length - 201 * deep), "w").write(str(length))
            place = "\(rig.path("tree"))/" + "e/" * 62
            os.makedirs(place)
            open(place + "f", "w").write("deep")
            """)
        let bundle = try rig.build(release(rig, "1.0.0", 10), as: "1.0.0")
        let answer = try rig.nacelle("install", bundle)
        #expect(answer.status == 0, "\(answer.output)")
        #expect(try rig.nacelle("verify").status == 0)
        try rig.shell("diff -r \(rig.path("tree")) \(rig.store)/slots/a/data")

        for (more, says) in [
            ("d" * 200 + "/", "1025 bytes; at most 1024"), ("e/", "65 components deep; at most 64"),
        ] {
            let deep = more == "e/" ? 63 : 5
            let name = more == "e/" ? "f" : "n" * (1020 - 1005)
            try python(
                rig,
                """
                import os
                place = "\(rig.path("tree"))/" + "\(more)" * \(deep)
                os.makedirs(place, exist_ok=True)
                open(place + "\(name)", "w").write("too far")
                """)
            let refused = try refusal(rig, "1.1.0", 11)
            #expect(refused.status == FaultCode.source.exitStatus, "\(refused.output)")
            #expect(refused.output.contains(says), "\(refused.output)")
            try rig.shell(
                "rm \(rig.path("tree"))/" + String(repeating: more, count: deep) + name)
        }
    }

    @Test func `names that are no UTF-8, or not in normal form C, are refused by the builder`()
        throws
    {
        let rig = try Rig()
        for (name, says) in [
            ("b\"mod\\xe8le\"", "UTF-8"), ("\"mode\\u0300le\".encode()", "normalisation form C"),
        ] {
            try python(
                rig,
                """
                import os, shutil
                shutil.rmtree("\(rig.path("tree"))", ignore_errors=True)
                os.mkdir("\(rig.path("tree"))")
                open(os.path.join(b"\(rig.path("tree"))", \(name)), "w").close()
                """)
            let refused = try refusal(rig, "1.0.0", 10)
            #expect(refused.status == FaultCode.source.exitStatus, "\(refused.output)")
            #expect(refused.output.contains(says), "\(refused.output)")
            #expect(access(rig.path("1.0.0.nacelle"), F_OK) != 0)
        }
    }

    @Test func `a tree of 100,000 entries is installed, and one more is refused with the number`()
        throws
    {
        let rig = try Rig()
        // Beside them: data/, bin/ and the program, weights/ and the file; a directory a thousand.
        try python(
            rig,
            """
            import os
            left = 100000 - 5 - 100
            for directory in range(100):
                place = "\(rig.path("tree"))/%02d" % directory
                os.makedirs(place)
                for number in range(min(1000, left - 1000 * directory)):
                    open("%s/%d" % (place, number), "w").close()
            """)
        let bundle = try rig.build(release(rig, "1.0.0", 10), as: "1.0.0", within: 300)
        let answer = try rig.run(
            "nacelle", ["install", bundle, "--config", rig.path("config.yaml")], within: 300)
        #expect(answer.status == 0, "\(answer.output)")
        #expect(answer.output.contains("in 100000 entries"), "\(answer.output)")
        try rig.shell(": > \(rig.path("tree"))/one-more")
        let refused = try refusal(rig, "1.1.0", 11)
        #expect(refused.status == FaultCode.source.exitStatus, "\(refused.output)")
        #expect(
            refused.output.contains("the most entries that may be, 100000"), "\(refused.output)")
    }
}

extension String {
    fileprivate static func * (text: String, count: Int) -> String {
        String(repeating: text, count: count)
    }
}
