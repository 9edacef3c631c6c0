import Building
import Bundle
import DurableFiles
import Faults
import Install
import Processes
import TestKit
import Testing
import Transport

@testable import Fleet

/// Bundles in SWUpdate archives: what we write, what others write, and what nobody should.
@Suite struct WrappedBundleTests {
    /// A member of an archive as “newc” writes it.
    static func member(
        _ name: String, _ content: [UInt8], mode: String = "000081A4", size: String? = nil,
        nameSize: String? = nil, magic: String = "070701"
    ) -> [UInt8] {
        func hex(_ number: Int) -> String {
            let digits = String(number, radix: 16, uppercase: true)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }
        let zero = "00000000"
        let fields = [
            zero, mode, zero, zero, "00000001", zero, size ?? hex(content.count), zero, zero, zero,
            zero, nameSize ?? hex(name.utf8.count + 1), zero,
        ]
        func filled(_ bytes: [UInt8]) -> [UInt8] {
            bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
        }
        return filled(Array((magic + fields.joined() + name).utf8) + [0]) + filled(content)
    }

    static let description = member("sw-description", bytes("software = {};"))
    static let end = member("TRAILER!!!", [], mode: "00000000")

    private func unwrap(_ archive: [UInt8]) throws -> [UInt8] {
        let source = try WrappedBundle.unwrapped(MemorySource(archive))
        return try source.read(at: 0, count: Int(try source.length()))
    }

    @Test func `the bundle is found among other members`() throws {
        let bundle = bytes("the bundle, of 23 bytes")
        for magic in ["070701", "070702"] {
            let archive =
                Self.description + Self.member("other.bin", [1, 2, 3])
                + Self.member("b.nacelle", bundle, magic: magic)
                + Self.member("c.nacelle", bundle, mode: "0000A1FF") + Self.end
            let got = try unwrap(archive)
            #expect(got == bundle)
        }
        // What is no archive stays what it is.
        let plain = try unwrap(bytes("NACELLE…"))
        #expect(plain == bytes("NACELLE…"))
        let short = try unwrap([7])
        #expect(short == [7])
    }

    @Test func `hostile archives are refused in words`() throws {
        let bundle = Self.member("b.nacelle", [1, 2, 3])
        let good = Self.description + bundle + Self.end
        for (archive, words) in [
            (bundle + Self.description + Self.end, "first member"),
            (Self.end, "first member"),
            (Self.description + Self.end, "holds no bundle"),
            (Self.description + bundle + bundle + Self.end, "two bundles"),
            (
                Self.description + Self.member("b.nacelle", [1], size: "FFFFFFFF") + Self.end,
                "4294967295 bytes"
            ),
            (
                Self.description + Self.member("b.nacelle", [1], size: "0000000G") + Self.end,
                "no cpio header"
            ),
            (
                Self.description + Self.member("b.nacelle", [1], size: "-0000001") + Self.end,
                "no cpio header"
            ),
            (
                Self.description + Self.member("b.nacelle", [1], nameSize: "00000000"),
                "name of 0 bytes"
            ),
            (
                Self.description + Self.member("b.nacelle", [1], nameSize: "00000001"),
                "name of 1 bytes"
            ),
            (
                Self.description + Self.member("b.nacelle", [1], nameSize: "7FFFFFFF"),
                "name of 2147483647 bytes"
            ),
            (
                Self.description + Self.member("b.nacelle", [1], nameSize: "00000009"),
                "no plain file name"
            ),
            (Self.description + Self.member("../b.nacelle", [1]) + Self.end, "no plain file name"),
            (
                Self.description + Self.member("b\u{1}.nacelle", [1]) + Self.end,
                "no plain file name"
            ),
            (Self.description + bundle, "ends there"),
            (Array(good.dropLast(20)), "ends"),
            (
                Self.description + bundle + Self.member("TRAILER!!!", [1, 2]),
                "trailer with content"
            ),
            (
                Self.description + Array(repeating: Self.member("x", []), count: 70).flatMap { $0 }
                    + Self.end, "more than 64"
            ),
            (bytes("070701"), "ends there"),
        ] {
            let got = try fault { _ = try unwrap(archive) }
            #expect(got.code == .malformed && got.message.contains(words), "\(words): \(got)")
        }
        // A source that lies about its length.
        let liar = MemorySource(good, claiming: 1 << 40)
        let got = try fault {
            _ = try WrappedBundle.unwrapped(
                MemorySource(
                    Self.description + Self.member("b.nacelle", [1], size: "FFFFFFFF"),
                    claiming: 1 << 40))
        }
        #expect(got.code == .malformed)
        #expect(try liar.length() > 0)
    }

    @Test func `altered archives are read or refused, and nothing traps`() throws {
        let archive =
            Self.description + Self.member("b.nacelle", bytes("0123456789")) + Self.end
        for seed in SeededGenerator.seeds(12) {
            let got = readAltered(archive, seed: seed, codes: [.malformed]) { _ = try unwrap($0) }
            #expect(got.wrong == nil)
            #expect(got.refused > 50)
        }
    }

    @Test func `a window gives its own bytes and no others`() throws {
        let source = WindowSource(MemorySource(bytes("0123456789")), name: "w", range: 2..<7)
        #expect(try source.length() == 5)
        #expect(try source.read(at: 1, count: 4) == bytes("3456"))
        for (offset, count) in [(-1, 1), (0, 6), (5, 1), (6, 0), (0, -1)] as [(Int64, Int)] {
            var buffer = [UInt8](repeating: 0, count: 10)
            let got = try fault { try source.read(at: offset, count: count, into: &buffer) }
            #expect(got.code == .malformed)
        }
        #expect(source.plannedBytes([0..<2, 4..<99]) == 3)
    }

    @Test func `what we wrap is the bundle again, always the same, and cpio reads it`() throws {
        try withScratch { scratch in
            let made = try BundleMaker().make()
            try scratch.replace("app-1.0.nacelle", with: made.bytes)
            let path = scratch.path
            for output in ["a.swu", "b.swu"] {
                _ = try SWUWrapper().wrap(path + "/app-1.0.nacelle", to: "\(path)/\(output)")
            }
            let a = try FilePlace.read(path + "/a.swu", limit: 1 << 20)
            #expect(try FilePlace.read(path + "/b.swu", limit: 1 << 20) == a)
            #expect(a.count % 512 == 0)
            let got = try unwrap(a)
            #expect(got == made.bytes)
            let listed = try runTool("cpio", ["-t", "--quiet", "-F", path + "/a.swu"])
            #expect(listed.split(separator: "\n") == ["sw-description", "app-1.0.nacelle"])
            // The sums are cpio's own.
            let verified = try runTool(
                "sh", ["-c", "cd \(path) && cpio -i --only-verify-crc < a.swu 2>&1"])
            #expect(!verified.contains("checksum error"), "\(verified)")
            try runTool(
                "sh", ["-c", "mkdir \(path)/x && cd \(path)/x && cpio -i --quiet < ../a.swu"])
            #expect(try FilePlace.read(path + "/x/app-1.0.nacelle", limit: 1 << 20) == made.bytes)
            let text = String(
                decoding: try FilePlace.read(path + "/x/sw-description", limit: 10_000),
                as: UTF8.self)
            let sum = try runTool("sha256sum", [path + "/app-1.0.nacelle"]).prefix(64)
            #expect(text.contains("sha256 = \"\(sum)\";"), "\(text)")
            #expect(text.contains("version = \"\(made.manifest.version)\";"))
            for machine in made.manifest.compatible { #expect(text.contains("    \(machine) = {")) }
            #expect(text.contains("hardware-compatibility: [ \"default\" ];"))
        }
    }

    @Test func `what an archive cannot hold is refused in words`() throws {
        try withScratch { scratch in
            let path = scratch.path
            try runTool("truncate", ["-s", "4294967296", path + "/big.nacelle"])
            let big = try fault {
                _ = try SWUWrapper().wrap(path + "/big.nacelle", to: path + "/o.swu")
            }
            #expect(big.code == .source && big.message.contains("4294967295"), "\(big)")
            try scratch.replace("b.bin", with: [1])
            let name = try fault { _ = try SWUWrapper().wrap(path + "/b.bin", to: path + "/o.swu") }
            #expect(name.code == .source)
            try scratch.replace("no.nacelle", with: bytes("no bundle"))
            let none = try fault {
                _ = try SWUWrapper().wrap(path + "/no.nacelle", to: path + "/o.swu")
            }
            #expect(none.code == .malformed)
            try scratch.replace("ok.nacelle", with: try BundleMaker().make().bytes)
            for board in ["1st", "a b", "files", "a\";"] {
                let wrapper = SWUWrapper(hardware: [.init(board: board, revision: "1")])
                let got = try fault {
                    _ = try wrapper.wrap(path + "/ok.nacelle", to: path + "/o.swu")
                }
                #expect(got.code == .source, "\(got)")
            }
            #expect(try scratch.info("o.swu") == nil)
        }
    }
}
