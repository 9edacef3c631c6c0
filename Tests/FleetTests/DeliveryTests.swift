import DurableFiles
import Faults
import TestKit
import Testing
import Transport

@testable import Fleet

/// Reports on their way: each end once, whatever breaks; nothing without end.
@Suite struct DeliveryTests {
    private func working(_ body: (FleetRig) throws -> Void) throws {
        try FleetRig.with { rig in
            try rig.serve("bearing-1.1.0.nacelle", [1])
            try rig.script(FleetRig.deployment(file: ContactTests.file))
            try rig.contact()
            try body(rig)
            #expect(try rig.flaws() == [])
        }
    }

    private func trouble(_ rig: FleetRig, _ what: String, more: String = "") throws {
        try rig.script(
            FleetRig.deployment(file: ContactTests.file)
                + #", "troubles": [{"match": "POST .*/feedback", \#(what)}]"# + more)
    }

    @Test func `what an action goes through is told in order, and its end ends it`() throws {
        try working { rig in
            let outbox = try rig.outbox()
            for step in [Report.Step.scheduled, .download, .downloaded, .proceeding] {
                try outbox.add(.step(step, action: "8"))
            }
            try outbox.add(.final(action: "8", success: true, details: ["probation passed"]))
            let got = try rig.contact()
            #expect(got.delivered == 5 && got.waiting == 0 && got.finding == .nothing)
            #expect(
                try rig.executions() == [
                    "scheduled", "download", "downloaded", "proceeding", "closed",
                ])
            #expect(try rig.ends() == ["success"])
        }
    }

    @Test func `an end that the server took and could not answer is told once`() throws {
        try working { rig in
            try trouble(rig, #""die": "after""#)
            try rig.outbox().add(.final(action: "8", success: true))
            let cut = try rig.contact()
            #expect(cut.waiting == 1)
            #expect(try rig.ends() == ["success"])
            rig.time += 3_600_000
            let got = try rig.contact()
            #expect(got.waiting == 0 && got.delivered == 1)
            #expect(try rig.ends() == ["success"], "a server such as gooseBit would count it twice")
        }
    }

    @Test func `an end that never reached the server is told again`() throws {
        try working { rig in
            try trouble(rig, #""die": "before""#)
            try rig.outbox().add(.final(action: "8", success: false))
            #expect(try rig.contact().waiting == 1)
            #expect(try rig.ends() == [])
            rig.time += 3_600_000
            #expect(try rig.contact().waiting == 0)
            #expect(try rig.ends() == ["failure"])
        }
    }

    @Test func `after a crash before the answer the server is asked`() throws {
        for isTold in [false, true] {
            try working { rig in
                let outbox = try rig.outbox()
                try outbox.add(.final(action: "8", success: true))
                if isTold {
                    try rig.contact()
                    try outbox.add(.final(action: "8", success: true))
                }
                // The crash: it was marked, and nothing is known of its sending.
                var entry = try #require(try outbox.entries().first)
                entry.isSending = true
                _ = try outbox.update(entry)
                let got = try rig.contact()
                #expect(got.waiting == 0)
                #expect(try rig.ends() == ["success"])
            }
        }
    }

    @Test func `a kept connection that dies does not make an end two`() throws {
        try working { rig in
            // The poll leaves a connection open, on which libcurl would ask again by itself.
            try trouble(rig, #""die": "after", "times": 1"#, more: #", "forgiving": true"#)
            try rig.outbox().add(.final(action: "8", success: true))
            try rig.contact()
            rig.time += 3_600_000
            try rig.contact()
            #expect(try rig.ends() == ["success"])
            let posts = try rig.requests().count { $0.hasPrefix("POST") }
            #expect(posts == 1)
        }
    }

    @Test(arguments: [410, 404, 400, 405, 409, 413])
    func `what a server will never take is given up at once`(status: Int) throws {
        try working { rig in
            try trouble(rig, #""status": \#(status), "times": 9"#)
            try rig.outbox().add(.final(action: "8", success: true))
            let got = try rig.contact()
            #expect(got.waiting == 0 && got.refused.count == 1)
            #expect(got.refused[0].contains("success of action 8"))
            #expect(got.refused[0].contains("\(status)"))
            #expect(try rig.requests().count { $0.hasPrefix("POST") } == 1)
        }
    }

    @Test func `status 429 is waited out within bounds, and not for ever`() throws {
        try working { rig in
            try trouble(rig, #""status": 429, "times": 1000000"#)
            try rig.outbox().add(.final(action: "8", success: true))
            var contacts = 0
            let begin = rig.time
            while try rig.outbox().count() == 1, contacts < 3000 {
                try rig.contact()
                contacts += 1
                rig.time += 7_200_000
            }
            let posts = try rig.requests().count { $0.hasPrefix("POST") }
            #expect(posts == 60, "\(posts) tries in \(contacts) contacts")
            let days = (rig.time - begin) / 86_400_000
            #expect((7...21).contains(days), "\(days) days")
            #expect(try rig.ends() == [])
        }
    }

    @Test func `status 429 and a server's wish are obeyed, and then the end is told`() throws {
        try working { rig in
            try trouble(rig, #""status": 429, "retry": 7200"#)
            try rig.outbox().add(.final(action: "8", success: true))
            #expect(try rig.contact().waiting == 1)
            rig.time += 7_100_000
            #expect(try rig.contact().waiting == 1)
            #expect(try rig.requests().count { $0.hasPrefix("POST") } == 1)
            rig.time += 200_000
            #expect(try rig.contact().waiting == 0)
            #expect(try rig.ends() == ["success"])
        }
    }

    @Test func `progress that is put off is given up after three tries`() throws {
        try working { rig in
            try trouble(rig, #""status": 429, "times": 1000"#)
            try rig.outbox().add(.progress(action: "8", done: 1, of: 2, text: ""))
            for _ in 0..<9 {
                try rig.contact()
                rig.time += 86_400_000
            }
            #expect(try rig.outbox().count() == 0)
            #expect(try rig.requests().count { $0.hasPrefix("POST") } == 3)
        }
    }

    @Test func `a clock that was wrong holds nothing back`() throws {
        try working { rig in
            try trouble(rig, #""status": 429"#)
            rig.time = 4_000_000_000_000
            try rig.outbox().add(.final(action: "8", success: true))
            try rig.contact()
            rig.time = 1_800_000_000_000
            #expect(try rig.contact().waiting == 0)
            #expect(try rig.ends() == ["success"])
        }
    }

    @Test func `progress is told with pauses, and the newest of it`() throws {
        try working { rig in
            let outbox = try rig.outbox()
            for done in 1...40 {
                try outbox.add(.progress(action: "8", done: Int64(done), of: 40, text: ""))
                try rig.contact()
                rig.time += 1000
            }
            let posts = try rig.requests().count { $0.hasPrefix("POST") }
            #expect(posts == 2, "40 s, every 20 s")
        }
    }

    @Test func `statuses end well before the server's quota, and the end is always told`() throws {
        try working { rig in
            let outbox = try rig.outbox()
            var book = try ActionBook(outbox.directory, server: rig.server)
            book.change("8") { $0.sent = 899 }
            try book.save(in: outbox.directory)
            try outbox.add(.step(.download, action: "8"))
            try outbox.add(.step(.downloaded, action: "8"))
            try outbox.add(.final(action: "8", success: true))
            let got = try rig.contact()
            #expect(got.delivered == 2 && got.refused.count == 1 && got.waiting == 0)
            #expect(try rig.executions() == ["download", "closed"])
        }
    }

    @Test func `an action offered again under its id can end again`() throws {
        try working { rig in
            for success in [false, true] {
                try rig.outbox().add(.final(action: "8", success: success))
                try rig.contact()
                try rig.script(
                    FleetRig.deployment(file: ContactTests.file) + #", "forgiving": true"#)
            }
            #expect(try rig.ends() == ["failure", "success"])
        }
    }

    @Test func `days without a network lose no end`() throws {
        try working { rig in
            try trouble(rig, #""status": 503, "times": 1000000"#)
            let outbox = try rig.outbox()
            try outbox.add(.step(.download, action: "8"))
            try outbox.add(.final(action: "8", success: true))
            for _ in 0..<50 {
                try rig.contact()
                rig.time += 600_000
            }
            #expect(try outbox.waiting().contains { $0.isFinal })
            try rig.script(FleetRig.deployment(file: ContactTests.file))
            rig.time += 86_400_000
            try rig.contact()
            #expect(try rig.ends() == ["success"])
        }
    }

    @Test func `a server that lets nobody in loses nothing`() throws {
        try working { rig in
            try trouble(rig, #""status": 401, "times": 2"#)
            try rig.outbox().add(.final(action: "8", success: true))
            for _ in 0..<2 {
                let got = try fault { try rig.contact() }
                #expect(got.message.contains("does not let this machine in"), "\(got)")
            }
            #expect(try rig.outbox().count() == 1)
            try rig.contact()
            #expect(try rig.ends() == ["success"])
        }
    }
}
