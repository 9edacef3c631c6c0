import Faults
import Sealing
import Slots
import StrictJSON
import Testing

@testable import Agent

@Suite struct FailureEvidenceTests {
    private func record(smoke: JSONValue? = nil) throws -> SlotRecord {
        SlotRecord(
            state: .trial,
            identity: VersionIdentity(
                application: "bearing", version: "1.1.0", releaseCounter: 11,
                tree: try SHA256.digest(of: [1])),
            bundle: "0123456789abcdef0123456789abcdef", whole: true, smoke: smoke)
    }

    private func evidence(smoke: JSONValue? = nil) throws -> FailureEvidence {
        FailureEvidence(
            .b, try record(smoke: smoke), .probationFailed,
            reason: "failed its probation: 3 probes failed in a row: no answer")
    }

    @Test func `what is kept is read again as it was`() throws {
        var evidence = try evidence(smoke: .members([("passed", .bool(true))]))
        evidence.probes = ["0 ms: healthy", "100 ms: no answer"]
        evidence.log = ["starting", "out of memory"]
        evidence.restarts = 2
        evidence.memory = 1 << 30
        #expect(try FailureEvidence(reading: evidence.encoded) == evidence)
    }

    @Test func `however much there is, it takes 64 KiB at most`() throws {
        let long = String(repeating: "\u{1}\"\\é", count: 5000)
        let cases = JSONValue.array(
            (0..<1024).map { number in
                .members([
                    ("directory", .string("case \(number)")), ("passed", .bool(number % 2 == 0)),
                    ("problem", .string(String(repeating: "\"", count: 500))),
                ])
            })
        var evidence = try evidence(
            smoke: .members([("cases", cases), ("output", .string(long)), ("passed", .bool(false))])
        )
        evidence.probes = Array(repeating: long, count: 1000)
        evidence.log = Array(repeating: long, count: 10_000)
        let bytes = evidence.encoded
        #expect(bytes.count <= FailureEvidence.limit)
        let read = try FailureEvidence(reading: bytes)
        #expect(read.probes.count == 20)
        #expect(!read.log.isEmpty)
        #expect(read.reason == evidence.reason)
    }

    @Test func `for a server it is forty lines of 512 characters at most, the reason first`()
        throws
    {
        var evidence = try evidence()
        evidence.probes = (0..<20).map { "\($0) ms: \($0 % 2 == 0 ? "healthy" : "no answer")" }
        evidence.log = (0..<100).map {
            "line \($0) \u{1B}[31m" + String(repeating: "ü", count: 600)
        }
        evidence.restarts = 4
        let lines = evidence.details()
        #expect(lines.count == 40)
        #expect(lines[0].hasPrefix("Version 1.1.0 (release 11) failed (probation-failed)"))
        #expect(lines.contains("unit: 4 restarts, memory unknown"))
        #expect(lines.filter { $0.hasPrefix("probe ") }.count == 10)
        #expect(lines.last?.hasPrefix("log: line 99 ") == true)
        for line in lines {
            #expect(line.count <= 512)
            #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
        #expect(evidence.details(limit: 3).count == 3)
        #expect(evidence.details(limit: 0) == [])
    }

    @Test func `damaged at any byte, it is read or refused`() throws {
        var evidence = try evidence(smoke: .members([("passed", .bool(true))]))
        evidence.probes = ["0 ms: healthy"]
        evidence.log = ["line"]
        evidence.memory = 5
        try damage(evidence.encoded) { (bytes) throws(Fault) in
            _ = try FailureEvidence(reading: bytes)
        }
    }
}

/// Reads bytes that are damaged in many ways; a reader throws a fault of code `malformed`, or reads.
func damage(
    _ bytes: [UInt8], _ read: ([UInt8]) throws(Fault) -> Void
) throws {
    func attempt(_ bytes: [UInt8]) {
        do throws(Fault) {
            try read(bytes)
        } catch {
            #expect([.malformed, .unsupported, .storeDamaged].contains(error.code), "\(error)")
        }
    }
    #expect(!bytes.isEmpty)
    for place in bytes.indices {
        for byte: UInt8 in [0, 0x22, 0x2D, 0x39, 0x5C, 0x7B, 0xFF] {
            var damaged = bytes
            damaged[place] = byte
            attempt(damaged)
        }
        attempt(Array(bytes[..<place]))
    }
}
