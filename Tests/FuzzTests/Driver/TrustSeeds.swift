import Faults
import Repository
import Sealing
import Signing
import StrictJSON
import TestKit

@testable import Trust

/// A repository's metadata: the files of the roles, and what they sign.
enum TrustSeeds {
    /// The answers of a whole repository: no next root, nothing stored, then file after file.
    private static func refresh(_ seeds: SeedWriter, _ head: String) throws {
        let lines = [
            "", "", #"{"_type": "timestamp", \#(head), "meta": {"snapshot.json": {"version": 3}}}"#,
            "", #"{"_type": "snapshot", \#(head), "meta": {"targets.json": {"version": 3}}}"#,
            "", #"{"_type": "targets", \#(head), "targets": {}}"#,
        ]
        try seeds.good("refresh", lines.joined(separator: "\n"))
    }

    static func write(_ seeds: SeedWriter) throws {
        let root = try TestKeys.root()
        try seeds.good("root", root.bytes)
        try seeds.good("metadata", root.bytes)
        var builder = RootBuilder(extending: root, expires: 4_100_000_000)
        try builder.add(try TestKeys.signing(5).publicKey, to: .snapshot)
        let next = try builder.unsigned().signed(by: try TestKeys.signing(100)).checked(after: root)
        try seeds.good("root-next", next.metadata.file.canonical)
        let hash = try SHA256.digest(of: []).hex
        let head = #""spec_version": "1.0.34", "version": 3, "expires": "2090-01-01T00:00:00Z""#
        try seeds.good(
            "timestamp",
            #"{"_type": "timestamp", \#(head), "meta": {"snapshot.json": {"version": 3, "#
                + #""length": 400, "hashes": {"sha256": "\#(hash)"}}}}"#)
        try seeds.good(
            "snapshot",
            #"{"_type": "snapshot", \#(head), "meta": {"targets.json": {"version": 3}, "#
                + #""bin-0.json": {"version": 1, "hashes": {"sha256": "\#(hash)"}}}}"#)
        try refresh(seeds, head)
        let made = try BundleMaker().make()
        let custom = BundleTarget(made.manifest).custom.compactText
        let target =
            #"{"bearing/1.0.0.nacelle": {"length": 0, "hashes": {"sha256": "\#(hash)"}, "#
            + #""custom": \#(custom)}}"#
        try seeds.good("targets", #"{"_type": "targets", \#(head), "targets": \#(target)}"#)
        let key = try TestKeys.signing(100).publicKey
        let id = try key.keyID().hex
        let keys =
            #"{"\#(id)": {"keytype": "ed25519", "scheme": "ed25519", "#
            + #""keyval": {"public": "\#(Hex.encode(key.bytes))"}}}"#
        let role = #""keyids": ["\#(id)"], "threshold": 1"#
        for (number, roles) in [
            #""roles": [{"name": "north", \#(role), "terminating": true, "paths": ["a/*", "b?"]}, "#
                + #"{"name": "south", \#(role), "terminating": false, "#
                + #""path_hash_prefixes": ["00", "e3"]}]"#,
            #""succinct_roles": {\#(role), "bit_length": 2, "name_prefix": "bin"}"#,
        ].enumerated() {
            try seeds.good(
                "targets",
                #"{"_type": "targets", \#(head), "targets": \#(target), "#
                    + #""delegations": {"keys": \#(keys), \#(roles)}}"#, number + 2)
        }
        try seeds.good("path-pattern", "bearing/*-?.nacelle\nbearing/1.0.0-a.nacelle")
        try seeds.good("utc-time", "2031-05-09T23:59:59Z")
        try seeds.good("utc-time", "2028-02-29T00:00:00Z", 2)
    }
}
