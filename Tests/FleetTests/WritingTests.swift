import Faults
import StrictJSON
import TestKit
import Testing

@testable import Fleet

/// What a server is told, held within what servers take.
@Suite struct WritingTests {
    private func text(_ json: JSONValue) -> String { json.compactText }

    @Test func `attributes are all told at once, plain and short`() {
        let data = ConfigData(
            [
                ("sw_version", "1.0 é"), ("site", String(repeating: "x", count: 200)), ("", "gone"),
                ("sw_version", "a second one does not count"),
            ]
                + (0..<200).map { ("k\($0)", "v") })
        #expect(data.attributes.count == 100)
        let first = data.attributes.first { $0.name == "sw_version" }
        #expect(first?.value == "1.0 ?")
        #expect(data.attributes.first { $0.name == "site" }?.value.count == 128)
        #expect(text(data.json).hasPrefix(#"{"mode":"replace","data":{"#))
        #expect(text(ConfigData([("b", "2"), ("a", "1")]).json).hasSuffix(#"{"a":"1","b":"2"}}"#))
    }

    @Test func `a progress has both numbers, within 32 bits`() {
        let small = Report.progress(action: "8", done: 3, of: 9, text: "Downloaded 33%")
        #expect(
            text(small.body(at: 12)) == #"{"timestamp":12,"status":{"execution":"proceeding","#
                + #""result":{"finished":"none","progress":{"cnt":3,"of":9}},"#
                + #""details":["Downloaded 33%"]}}"#)
        let pairs: [(Int64, Int64)] = [
            (5_000_000_000, 10_000_000_000), (.max, .max), (.max, 1), (-5, -5), (0, 0),
            (1, .max), (7, 3),
        ]
        for (done, of) in pairs {
            let (count, whole) = Feedback.small(done, of: of)
            #expect(count >= 0 && count <= whole && whole >= 1 && whole <= Int64(Int32.max))
        }
        let half = Feedback.small(5_000_000_000, of: 10_000_000_000)
        #expect(half.0 * 2 == half.1)
    }

    @Test func `messages are cut to fifty of 512 UTF-16 units`() {
        let long = String(repeating: "é😀", count: 400)
        let cut = Feedback.cut(Array(repeating: long, count: 80))
        #expect(cut.count == 50)
        #expect(cut.allSatisfy { $0.utf16.count <= 512 })
        #expect(cut[0].hasSuffix("…") && cut[49].contains("31 messages more"))
        #expect(Feedback.cut(["short", ""]) == ["short", ""])
        let exact = String(repeating: "x", count: 512)
        #expect(Feedback.cut([exact]) == [exact])
    }

    @Test func `an end is closed, and a cancellation obeyed is closed and never canceled`() {
        func words(_ report: Report) -> (JSONValue?, JSONValue?) {
            let status = report.body(at: 1)["status"]
            return (status?["execution"], status?["result"]?["finished"])
        }
        #expect(
            words(.final(action: "8", success: true)) == (.string("closed"), .string("success")))
        let failure = Report.final(action: "8", success: false, code: 30, details: ["why"])
        #expect(words(failure) == (.string("closed"), .string("failure")))
        #expect(failure.body(at: 1)["status"]?["code"] == .number("30"))
        #expect(words(.cancelAccepted(action: "3")) == (.string("closed"), .string("success")))
        #expect(
            words(.cancelRefused(action: "3", reason: "late")) == (
                .string("rejected"), .string("none")
            ))
        for step in Report.Step.allCases {
            #expect(words(.step(step, action: "8")) == (.string(step.rawValue), .string("none")))
        }
        #expect(
            text(Report.denied(action: "8", why: "no").body(at: 1))
                == #"{"confirmation":"denied","code":-1,"details":["no"]}"#)
        #expect(
            text(Report.installed(name: "bearing", version: "1.0").body(at: 1))
                == #"{"name":"bearing","version":"1.0"}"#)
    }

    @Test func `a report that is written is read again as it was`() throws {
        for report in WritingTests.samples {
            let entry = OutboxEntry(number: 7, report: report, at: 99, once: "trial-7")
            let again = try OutboxEntry(number: 7, reading: entry.json.pretty)
            #expect(again == entry, "\(report)")
        }
    }

    static let samples: [Report] =
        Report.Step.allCases.map { .step($0, action: "8", details: ["a", "b\n\"c\""]) } + [
            .progress(action: "8", done: 1, of: 2, text: "t"),
            .final(action: "8", success: true),
            .final(action: "8", success: false, code: -3, details: ["é"]),
            .cancelAccepted(action: "3", details: ["x"]), .cancelRefused(action: "3", reason: "r"),
            .confirmed(action: "8", why: "somebody"), .denied(action: "8", why: "somebody"),
            .installed(name: "bearing", version: "1.0"),
        ]

    @Test func `altered reports are read or refused, and nothing traps`() throws {
        for seed in SeededGenerator.seeds(8) {
            for report in WritingTests.samples {
                let entry = OutboxEntry(number: 7, report: report, at: 99, once: nil)
                let got = readAltered(
                    entry.json.compact, seed: seed, rounds: 100, codes: [.malformed]
                ) { _ = try OutboxEntry(number: 7, reading: $0) }
                #expect(got.wrong == nil)
                #expect(got.refused > 20, "seed \(seed)")
            }
        }
    }
}
