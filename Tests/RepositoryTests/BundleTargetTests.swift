import Bundle
import Faults
import Install
import Sealing
import StrictJSON
import TestKit
import Testing

@testable import Repository

/// What a repository says of a bundle survives being written and read, and says no more than the manifest.
@Suite struct BundleTargetTests {
    private func manifest(
        bend: @escaping (inout Manifest) throws -> Void = { _ in }
    ) throws -> Manifest {
        var maker = BundleMaker()
        maker.bendManifest = bend
        let made = try maker.make()
        return try VerifiedBundle.open(
            MemorySource(made.bytes), root: try TestKeys.root()
        ).manifest
    }

    @Test func `a full bundle and a delta read back as they were written`() throws {
        for isDelta in [false, true] {
            let manifest = try manifest { manifest in
                guard isDelta else { return }
                manifest.index.paths = 1
                manifest.delta = Manifest.Delta(
                    baseTree: try SHA256.digest(of: [1]), baseVersion: "0.9+rc1",
                    full: Array(17...32))
            }
            let target = BundleTarget(manifest)
            #expect(try BundleTarget(custom: target.custom) == target)
            #expect((target.delta != nil) == isDelta)
        }
    }

    @Test func `what speaks of something else is none, what speaks wrongly is refused`() throws {
        #expect(try BundleTarget(custom: nil) == nil)
        #expect(try BundleTarget(custom: .members([("x", .integer(1))])) == nil)
        let good = BundleTarget(try manifest()).custom
        guard case .object(let members)? = good[BundleTarget.key] else { return }
        for member in members where member.key != "architecture" {
            for value in [JSONValue.null, .bool(true), .string("…"), .array([.integer(1)])] {
                let bent = JSONValue.object(
                    members.map { $0.key == member.key ? .init($0.key, value) : $0 })
                let custom = JSONValue.members([(BundleTarget.key, bent)])
                // Any text is a version or an application to this reader.
                if case .string = value, ["version", "application"].contains(member.key) {
                    continue
                }
                #expect(throws: Fault.self, "\(member.key) \(value)") {
                    try BundleTarget(custom: custom)
                }
            }
        }
    }

    @Test func `paths hold no character that servers read differently`() throws {
        let manifest = try manifest { $0.version = "1.0+build.7" }
        let path = RepositoryLayout.target(manifest)
        #expect(path.hasSuffix("/1.0_build.7-\(Hex.encode(manifest.bundle)).envelope"))
        for text in [
            path, RepositoryLayout.index(manifest.index.table),
            RepositoryLayout.pack(manifest.index.table),
            RepositoryLayout.recipients(of: manifest.bundle),
        ] {
            let plain = text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0) || "-._~/".utf8.contains($0)
            }
            #expect(plain, "\(text)")
        }
    }
}
