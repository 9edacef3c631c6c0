import Faults
import Sealing
import StrictJSON
import Testing

@testable import Bundle

let hexDigest = String(repeating: "ab", count: 32)
let hexID = String(repeating: "0f", count: 16)

func readManifest(_ json: JSONValue) throws(Fault) -> Manifest {
    try Manifest(reading: json.compact)
}

/// A manifest that has every field.
func fullManifest() throws -> Manifest {
    let digest = try #require(Digest(hex: hexDigest))
    return Manifest(
        bundle: [UInt8](repeating: 0x0F, count: 16), application: "bearing-fault",
        version: "1.2.3+b7", releaseCounter: 42, summary: "Ein “Test” für alle.",
        compatible: ["turbine-3", "turbine-4"],
        requirements: Manifest.Requirements(
            architecture: "x86_64", processorFeatures: ["avx2"], memory: 1 << 28,
            accelerator: "npu", agent: "0.1.0"),
        tree: Manifest.Tree(digest: digest, entries: 12, bytes: 4000, diskBytes: 8192),
        stream: Manifest.Stream(length: 9000, digest: digest),
        index: Manifest.Index(length: 500, pages: 1, chunks: 9, paths: 2, table: digest),
        packLength: 3000, commitment: digest,
        delta: Manifest.Delta(
            baseTree: digest, baseVersion: "1.2.2", full: [UInt8](repeating: 1, count: 16)),
        smoke: .command(SmokeCommand(program: SmokeProgram(path: "bin/check"))),
        probation: ProbationSpecification(),
        reference: .members([("mean", .number("0.25"))]), provenance: .array([.string("sbom")]))
}

extension JSONValue {
    /// The value with the one at a path of keys changed, or taken away for `nil`.
    func with(_ path: [String], _ value: JSONValue?) -> JSONValue {
        guard case .object(var members) = self, let key = path.first else { return self }
        let place = members.firstIndex { $0.key == key }
        if path.count > 1 {
            guard let place else { return self }
            members[place].value = members[place].value.with(Array(path.dropFirst()), value)
        } else if let value {
            if let place {
                members[place].value = value
            } else {
                members.append(Member(key, value))
            }
        } else if let place {
            members.remove(at: place)
        }
        return .object(members)
    }

    /// The paths of all fields in objects, but for what the manifest does not look into.
    func paths(_ prefix: [String] = []) -> [[String]] {
        guard case .object(let members) = self else { return [] }
        return members.flatMap { member in
            let path = prefix + [member.key]
            let opaque = ["reference", "provenance"].contains(member.key)
            return [path] + (opaque ? [] : member.value.paths(path))
        }
    }
}
