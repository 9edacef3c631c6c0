import DurableFiles
import Faults
import TestKit
import Testing

@testable import Fleet

/// The queue on the disk: order, merging, bounds, and what survives.
@Suite struct OutboxTests {
    private func with(_ body: (Outbox, borrowing Directory) throws -> Void) throws {
        try withScratch { scratch in
            try body(Outbox(try scratch.duplicate()) { 1_800_000_000_000 }, scratch)
        }
    }

    private func progress(_ done: Int64, _ action: String = "8") -> Report {
        .progress(action: action, done: done, of: 100, text: "")
    }

    @Test func `reports wait in the order in which they came, also for another process`() throws {
        try with { outbox, scratch in
            let reports: [Report] = [
                .step(.scheduled, action: "8"), .step(.download, action: "8"),
                .step(.downloaded, action: "8"), .final(action: "8", success: true),
                .installed(name: "bearing", version: "1.1.0"),
            ]
            for report in reports { try outbox.add(report) }
            let again = Outbox(try scratch.duplicate())
            #expect(try again.waiting() == reports)
            #expect(try again.count() == 5)
        }
    }

    @Test func `of progress only the newest waits, and none behind the action's end`() throws {
        try with { outbox, _ in
            for done in 1...9 { try outbox.add(progress(Int64(done))) }
            try outbox.add(progress(1, "9"))
            #expect(try outbox.waiting() == [progress(9), progress(1, "9")])
            try outbox.add(.final(action: "8", success: false))
            #expect(
                try outbox.waiting() == [progress(1, "9"), .final(action: "8", success: false)])
        }
    }

    @Test func `a full outbox gives up progress, then steps, and never an end`() throws {
        try with { outbox, _ in
            try outbox.add(.step(.scheduled, action: "s"))
            try outbox.add(progress(1, "p"))
            for number in 0..<254 { try outbox.add(.final(action: "\(number)", success: true)) }
            #expect(try outbox.count() == 256)
            try outbox.add(.final(action: "254", success: true))
            #expect(try !outbox.waiting().contains { $0.isProgress })
            #expect(try outbox.waiting().contains { $0 == .step(.scheduled, action: "s") })
            try outbox.add(.cancelAccepted(action: "3"))
            #expect(try outbox.count() == 256)
            #expect(try !outbox.waiting().contains { $0.isDroppable })
            // Nothing is left that may go.
            try outbox.add(progress(1))
            let full = try fault { try outbox.add(.final(action: "x", success: true)) }
            #expect(full.code == .noSpace && full.message.contains("256"), "\(full)")
            #expect(try outbox.waiting().count { $0.isFinal } == 255)
        }
    }

    @Test func `an end that is added again after a crash is one end`() throws {
        try with { outbox, _ in
            try outbox.add(.final(action: "8", success: true, details: ["a"]))
            try outbox.add(.final(action: "8", success: true, details: ["a"]))
            #expect(try outbox.count() == 1)
            try outbox.add(.final(action: "9", success: true), once: "swap-4")
            try outbox.add(.final(action: "9", success: true, details: ["later"]), once: "swap-4")
            #expect(try outbox.count() == 2)
            // Also once it has gone.
            for entry in try outbox.entries() { try outbox.remove(entry) }
            try outbox.add(.final(action: "9", success: true), once: "swap-4")
            #expect(try outbox.count() == 0)
            try outbox.add(.final(action: "9", success: true), once: "swap-5")
            #expect(try outbox.count() == 1)
        }
    }

    @Test func `what was torn is put aside, and the rest is told`() throws {
        try with { outbox, scratch in
            try outbox.add(.step(.scheduled, action: "8"))
            try outbox.add(.final(action: "8", success: true))
            try scratch.replace("00000001.json", with: bytes("{\"format\": 1, "))
            try scratch.replace("actions.json", with: bytes("\u{0}"))
            try scratch.replace("told.json", with: bytes("[]"))
            #expect(try outbox.waiting() == [.final(action: "8", success: true)])
            #expect(try scratch.info("damaged.json") != nil)
            try outbox.add(.final(action: "9", success: true), once: "x")
            #expect(try outbox.count() == 2)
        }
    }

    @Test func `an action's id that would lead elsewhere is a mistake of the caller`() throws {
        try with { outbox, _ in
            for id in ["", "..", "a/b", "8?x"] {
                let got = try fault { try outbox.add(.final(action: id, success: true)) }
                #expect(got.code == .internalError)
            }
        }
    }

    @Test func `the book of actions holds sixteen, of one server`() throws {
        try with { outbox, scratch in
            let server = try FleetServer("https://a.example/x")
            var book = try ActionBook(outbox.directory, server: server)
            for number in 0..<40 {
                book.change("\(number)") {
                    $0.links["deploymentBase"] = "https://a.example/x/deploymentBase/\(number)"
                    $0.sent = number
                }
            }
            book.tookAttributes(bytes("{}"), at: "https://a.example/x/configData")
            try book.save(in: scratch)
            let again = try ActionBook(outbox.directory, server: server)
            #expect(again.entries == book.entries && again.entries.count == 16)
            #expect(again.attributes == bytes("{}") && again.configData?.hasSuffix("Data") == true)
            #expect(again.entry("39").sent == 39 && again.entry("3").sent == 0)
            let other = try FleetServer("https://b.example/x")
            #expect(try ActionBook(outbox.directory, server: other).entries.isEmpty)
            // Whatever stands in it, nothing goes to an address that the server could not give.
            let text = String(
                decoding: try scratch.read("actions.json", limit: 1 << 20) ?? [], as: UTF8.self)
            try scratch.replace(
                "actions.json",
                with: bytes(text.replacing("https://a.example/x/d", with: "http://evil/d")))
            #expect(try ActionBook(outbox.directory, server: server).entry("39").links.isEmpty)
        }
    }
}
