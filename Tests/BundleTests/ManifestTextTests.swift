import Faults
import StrictJSON
import Testing

@testable import Bundle

/// What holds the fields of a manifest together, and its text.
@Suite struct ManifestTextTests {
    @Test func `a delta has base paths, and only a delta has any`() throws {
        let json = try fullManifest().json
        for (delta, paths, isFine) in [
            (true, "1", true), (true, "0", false), (true, "-0", false), (false, "0", true),
            (false, "-0", true), (false, "1", false),
        ] {
            var bent = json.with(["index", "paths"], .number(paths))
            if !delta { bent = bent.with(["delta"], nil) }
            if isFine {
                _ = try readManifest(bent)
            } else {
                #expect(
                    try fault { _ = try readManifest(bent) }.message.contains("base paths"),
                    "\(delta) \(paths)")
            }
        }
    }

    @Test func `unknown fields are passed over wherever they stand`() throws {
        let manifest = try fullManifest()
        var json = manifest.json
        for path in [
            ["x"], ["requires", "x"], ["tree", "x"], ["stream", "x"], ["index", "x"],
            ["pack", "x"], ["sealing", "x"], ["delta", "x"], ["smoke", "x"], ["probation", "x"],
        ] {
            json = json.with(path, .array([.null, .members([("deep", .bool(true))])]))
        }
        #expect(try readManifest(json) == manifest)
    }

    @Test func `a key that stands twice is refused`() throws {
        let text = try fullManifest().json.compactText
        for key in ["format", "bundle", "version"] {
            let twice = "{\"\(key)\":1," + text.dropFirst()
            let fault = try fault { _ = try Manifest(reading: Array(twice.utf8)) }
            #expect(fault.message.contains("twice"))
        }
        let escaped = "{\"versio\\u006e\":1," + text.dropFirst()
        #expect(
            try fault { _ = try Manifest(reading: Array(escaped.utf8)) }.message.contains("twice"))
    }

    @Test func `applications and versions are plain names`() throws {
        let json = try fullManifest().json
        for name in ["a", "A-1", "1.2.3+b_7", "_x", "+", String(repeating: "z", count: 64)] {
            _ = try readManifest(json.with(["application"], .string(name)))
            #expect(Manifest.isName(name))
        }
        for name in ["", ".", "..", ".a", "-a", "a/b", "a b", "é", "a\n", "a\u{0}", "a:b", "%"] {
            for path in [["application"], ["version"]] {
                let fault = try fault { _ = try readManifest(json.with(path, .string(name))) }
                #expect(fault.code == .malformed)
            }
            #expect(!Manifest.isName(name))
        }
    }

    @Test func `a manifest is JSON of at most 512 KiB`() throws {
        let text = try fullManifest().json.compact
        let most = text + [UInt8](repeating: 0x20, count: BundleLimits.manifestBytes - text.count)
        _ = try Manifest(reading: most)
        let long = try fault { _ = try Manifest(reading: most + [0x20]) }
        #expect(long.message.contains("at most \(BundleLimits.manifestBytes)"))
        for text in ["", "{", "[]", "null", "{} {}", "\u{FEFF}{}"] {
            #expect(try fault { _ = try Manifest(reading: Array(text.utf8)) }.code == .malformed)
        }
    }

    @Test func `a flipped bit or a truncation of the text never traps`() throws {
        let text = try fullManifest().json.compact
        everyFlip(text) { bytes, _ in _ = try? Manifest(reading: bytes) }
        for count in stride(from: 0, to: text.count, by: 7) {
            let part = Array(text[..<count])
            #expect(try fault { _ = try Manifest(reading: part) }.code == .malformed)
        }
    }
}
