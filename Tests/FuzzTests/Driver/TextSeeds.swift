import Faults
import StrictJSON

/// What servers send and people write, as text.
enum TextSeeds {
    static func write(_ seeds: SeedWriter) throws {
        try seeds.good(
            "json", #"{"a": [1, -0.5e3, true, null], "é\n": "\ud83d\ude00", "b": {"c": []}}"#)
        try seeds.good("json", #"[[[[0]]], "\"\\\/\b\f\n\r\t"]"#, 2)
        try seeds.good("base64", "AAECAwQ=")
        try fleet(seeds)
        try transport(seeds)
        try machine(seeds)
        try people(seeds)
        try tensors(seeds)
    }

    private static func fleet(_ seeds: SeedWriter) throws {
        let server = "https://hawkbit.example/DEFAULT/controller/v1/turbine-7"
        let links = ["deploymentBase", "cancelAction", "confirmationBase", "configData"].map {
            #""\#($0)": {"href": "\#(server)/\#($0)/8?c=-21"}"#
        }
        for (number, sleep) in ["00:12:00", "PT1H30M10.5S", "P1DT1S"].enumerated() {
            try seeds.good(
                "poll",
                #"{"config": {"polling": {"sleep": "\#(sleep)"}}, "_links": {"#
                    + links.joined(separator: ", ") + "}}", number + 1)
        }
        let hash = String(repeating: "9f", count: 32)
        let artifact =
            #"{"filename": "bearing-1.1.0.nacelle", "size": 123, "hashes": {"sha256": "\#(hash)"}, "#
            + #""_links": {"download": {"href": "https://cdn.example/a"}}}"#
        let chunks =
            #"[{"part": "bApp", "version": "1.1.0", "name": "bearing", "artifacts": [\#(artifact)], "#
            + #""metadata": [{"key": "k", "value": "v"}]}]"#
        let body =
            #"{"download": "attempt", "update": "forced", "maintenanceWindow": "available", "#
            + #""chunks": \#(chunks)}"#
        try seeds.good("deployment", #"{"id": "8", "deployment": \#(body)}"#)
        try seeds.other(
            "deployment", Array(#"{"id": 8, "confirmation": \#(body)}"#.utf8))
        try seeds.good("cancel", #"{"id": "11", "cancelAction": {"stopId": "8"}}"#)
        try seeds.good("server-words", #"{"message": "No such device.", "code": 404}"#)
        try seeds.good("server-words", "too many actions\nsecond line", 2)
        try seeds.good(
            "offer",
            #"{"format": 1, "action": "8", "server": "\#(server)", "download": "attempt", "#
                + #""update": "forced", "name": "bearing", "version": "1.1.0", "artifacts": ["#
                + #"{"filename": "b.nacelle", "size": 1, "sha256": "\#(hash)", "#
                + #""href": "https://cdn.example/b"}]}"#)
        let reports = [
            #"{"kind": "download", "action": "8", "details": ["begun"]}"#,
            #"{"kind": "progress", "action": "8", "done": 5, "of": 9, "details": ["half"]}"#,
            #"{"kind": "failure", "action": "8", "code": 21, "details": ["too slow"]}"#,
            #"{"kind": "cancel-refused", "action": "9", "details": ["too late"]}"#,
            #"{"kind": "denied", "action": "8", "details": ["no"]}"#,
            #"{"kind": "installed", "name": "bearing", "version": "1.1.0"}"#,
        ]
        for (number, report) in reports.enumerated() {
            try seeds.good(
                "outbox",
                #"{"format": 1, "at": 5, "sending": false, "tries": 0, "notBefore": 0, "#
                    + #""report": \#(report)}"#, number + 1)
        }
        try seeds.good(
            "action-book",
            #"{"server": "\#(server)", "attributes": "{}", "configData": "\#(server)/configData", "#
                + #""running": "bearing 1.0.0", "actions": [{"action": "8", "sent": 2, "#
                + #""lastProgress": 5, "deploymentBase": "\#(server)/deploymentBase/8"}]}"#)
    }

    private static func transport(_ seeds: SeedWriter) throws {
        let range: [UInt8] = [0, 0, 9, 0]
        for (number, head) in [
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/10\r\nETag: \"a\"\r\n"
                + "Content-Length: 10\r\n\r\n0123456789",
            "HTTP/2 200\r\ncontent-length: 10\r\nlast-modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                + "content-type: text/plain\r\n\r\n0123456789",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: https://b/\r\n\r\n",
        ].enumerated() {
            try seeds.good("http-answer", range + Array(head.utf8), number + 1)
        }
        for (number, field) in ["bytes 0-9/10", "bytes */10", "bytes 5-6/*"].enumerated() {
            try seeds.good("content-range", field, number + 1)
        }
        for (number, address) in [
            "https://updates.example/fleet/bearing.nacelle?token=a#part",
            "http://user:secret@[::1]:8080/a/b", "HTTPS://h_1.example:443",
        ].enumerated() {
            try seeds.good("address", address, number + 1)
        }
        try seeds.good(
            "traffic-month",
            #"{"month": "2026-11", "bytes": 5, "previous": {"month": "2026-10", "bytes": 7, "#
                + #""lost": true}}"#)
    }

    private static func machine(_ seeds: SeedWriter) throws {
        try seeds.good(
            "inhibitors",
            #"{"type":"a(ssssuu)","data":[[["shutdown:sleep","root","a job","block",0,7]]]}"#)
        try seeds.good(
            "unit-report",
            "ActiveState=active\nSubState=running\nNRestarts=1\nMemoryCurrent=[not set]\n"
                + "ActiveEnterTimestampMonotonic=123456\n")
        let tree = String(repeating: "ab", count: 32)
        for (number, answer) in [
            #"{"verdict": "current"}"#,
            #"{"verdict": "available", "newest": {"version": "1.2.0", "releaseCounter": 4, "#
                + #""tree": "\#(tree)"}}"#,
            #"{"verdict": "confirmation", "action": "8", "offer": {"version": "1.2.0"}}"#,
            #"{"verdict": "cancel", "action": "9", "stop": "8"}"#,
            #"{"verdict": "unusable", "action": "8", "reason": "no bundle"}"#,
        ].enumerated() {
            try seeds.good("finding", answer, number + 1)
        }
        try seeds.good(
            "inference-answer",
            #"{"outputs": [{"name": "y", "shape": [1, 2], "datatype": "FP32", "#
                + #""data": [[0.25, -1e-3]]}]}"#)
    }

    private static func people(_ seeds: SeedWriter) throws {
        try seeds.good("yaml", "a: 1\nb: [x, 'y z']\nc:\n  d: |\n    text\n  e: {f: 2}\n# end\n")
        try seeds.good(
            "configuration",
            """
            store: /var/lib/nacelle
            activation: {restart: [/bin/true], timeout: 30s}
            machine: [turbine]
            application: bearing
            root: /etc/nacelle/root.json
            device-key: /etc/nacelle/device.key
            repository: https://updates.example/fleet/
            expired-media: accept
            accelerators: [edgetpu]
            smoke: {user: nobody, isolation: full, runtime-directory: /run/nacelle}
            probe: {socket: /run/b.sock, path: /v2/health/ready, timeout: 2s}
            transfer: {max-bytes: 50MB, attempts: 8}
            service: {windows: ["Mon-Fri 22:00-05:00"], month-bytes: 500MB}
            fleet: {server: "https://hawkbit.example/DEFAULT/controller/v1/turbine-7"}
            boot: {attempts: 3}

            """)
        try seeds.good("maintenance-window", "Mon-Fri 22:00-05:00\nSat,Sun 00:00-24:00 UTC")
        try seeds.good("maintenance-window", "daily 01:30-02:30 local", 2)
        try seeds.good(
            "build-description",
            """
            application: bearing
            version: 1.4.0
            release-counter: 14
            compatible: [turbine-x86]
            requires: {architecture: x86_64, memory: 256MiB, agent: 0.1.0}
            tree:
              - {from: build/program, to: bin/program, mode: 0755}
              - {from: model, to: weights/}
            seal: {paths: [weights/], recipients: [keys/a.pub]}
            chunks: {average: 256KiB}
            compression: {level: 19}
            smoke:
              kind: inference
              program: bin/program
              arguments: [--socket, "{socket}"]
              model: bearing
              cases: ["smoke/*"]
              tolerance: {absolute: 1e-3, relative: 1e-3}
              latency: {percentile: 95, limit: 5ms, runs: 130, warm-up: 10}
              memory: {limit: 128MiB, metric: peak-resident}
            probation: {duration: 10min, interval: 1s, failures: 3}

            """)
        let statement =
            #"{"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "model", "digest": "#
            + #"{"sha256": "\#(String(repeating: "ab", count: 32))"}}], "predicateType": "#
            + #""https://slsa.dev/provenance/v1", "predicate": {"buildDefinition": {"buildType": "#
            + #""https://ci.example/1", "externalParameters": {}}, "runDetails": {"builder": "#
            + #"{"id": "https://ci.example/runner"}}}}"#
        let envelope =
            #"{"payload": "\#(Base64.encode(Array(statement.utf8)))", "payloadType": "#
            + #""application/vnd.in-toto+json", "signatures": [{"sig": "MA=="}]}"#
        for (number, document) in [
            statement, envelope,
            #"{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "#
                + #""dsseEnvelope": \#(envelope)}"#,
            #"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}"#,
        ].enumerated() {
            try seeds.good("provenance", document, number + 1)
        }
    }

    /// Tensors of two numbers: packed, one by one, and raw.
    private static func tensors(_ seeds: SeedWriter) throws {
        let shape: [UInt8] = [0x0A, 2, 1, 2]
        let name: [UInt8] = [0x42, 1, 0x78]
        try seeds.good(
            "tensor", shape + [0x10, 1, 0x4A, 8, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xBF] + name)
        try seeds.good(
            "tensor", shape + [0x10, 1, 0x22, 8, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xBF] + name, 2)
        try seeds.good("tensor", [8, 2, 0x10, 7, 0x38, 5, 0x38, 7] + name, 3)
        try seeds.good("tensor", shape + [0x10, 10, 0x2A, 3, 0x80, 0x78, 1] + name, 4)
        try seeds.good("tensor", shape + [0x10, 9, 0x4A, 2, 0, 1] + name, 5)
    }
}
