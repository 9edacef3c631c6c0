import DurableFiles
import Faults
import StrictJSON
import TestKit
import Testing
import Transport

@testable import Fleet

/// Exchanges with a server that is strict about the protocol.
@Suite struct ContactTests {
    static let file = #"{"file": "bearing-1.1.0.nacelle"}"#

    @Test func `an idle machine asks one question`() throws {
        try FleetRig.with { rig in
            try rig.script(#""sleep": "00:10:00""#)
            let first = try rig.contact()
            #expect(first.finding == .nothing && first.sleep == 600)
            #expect(try rig.requests() == ["GET ", "PUT /configData", "GET "])
            try rig.double.clear()
            try rig.script(#""wants-attributes": false"#)
            try rig.contact()
            #expect(try rig.requests() == ["GET "])
            #expect(try rig.flaws() == [])
        }
    }

    @Test func `attributes are told whole, when they are asked for and when they change`() throws {
        try FleetRig.with { rig in
            try rig.script()
            try rig.contact()
            rig.attributes[2].1 = "1.1.0"
            try rig.script(#""wants-attributes": false"#)
            try rig.contact()
            let told = try rig.double.seen()["attributes"]
            #expect(told?["sw_version"] == .string("1.1.0"))
            #expect(told?["hw_boardname"] == .string("turbine-gateway"))
            #expect(told?["hw_revision"] == .string("default"))
            #expect(try rig.flaws() == [])
        }
    }

    @Test(arguments: [
        ("attempt", "attempt", nil), ("forced", "forced", nil), ("attempt", "skip", nil),
        ("skip", "skip", nil), ("attempt", "skip", "unavailable"),
        ("forced", "forced", "available"),
    ])
    func `an offer says how far the server lets a machine go`(
        download: String, update: String, window: String?
    ) throws {
        try FleetRig.with { rig in
            try rig.serve("bearing-1.1.0.nacelle", bytes("bundle"))
            var more = #""download": "\#(download)", "update": "\#(update)""#
            if let window { more += #", "window": "\#(window)""# }
            try rig.script(FleetRig.deployment(more: more, file: Self.file))
            guard case .offer(let offer) = try rig.contact().finding else {
                Issue.record("no offer")
                return
            }
            #expect(offer.action == "8" && offer.name == "bearing" && offer.version == "1.1.0")
            #expect(offer.download.rawValue == download && offer.update.rawValue == update)
            #expect(offer.window?.rawValue == window)
            #expect(offer.isForced == (update == "forced"))
            #expect(offer.isDownloadOnly == (update == "skip"))
            #expect(offer.artifacts[0].sha256?.count == 64 && offer.artifacts[0].size == 6)
            let again = try Offer(reading: offer.json.pretty)
            #expect(again == offer)
            #expect(try rig.flaws() == [])
        }
    }

    @Test func `gooseBit's sort of answer does as well`() throws {
        try FleetRig.with { rig in
            try rig.serve("bearing-1.1.0.swu", bytes("bundle"))
            let file = #"{"file": "bearing-1.1.0.swu", "hashes": ["sha1"], "links": ["download"]}"#
            try rig.script(FleetRig.deployment("1", file: file))
            guard case .offer(let offer) = try rig.contact().finding else {
                Issue.record("no offer")
                return
            }
            #expect(offer.artifacts[0].sha256 == nil && offer.artifacts[0].sha1?.count == 40)
            // An offer that went between two requests is answered with “null”.
            try rig.script(FleetRig.deployment("1", more: #""null": true"#, file: file))
            #expect(try rig.contact().finding == .nothing)
        }
    }

    @Test func `a deployment without one bundle is unusable, and says why`() throws {
        try FleetRig.with { rig in
            try rig.serve("firmware.bin", [1])
            try rig.serve("a.nacelle", [1])
            try rig.script(FleetRig.deployment(file: #"{"file": "firmware.bin"}"#))
            guard case .unusable("8", let reason) = try rig.contact().finding else {
                Issue.record("usable")
                return
            }
            #expect(reason.contains(".nacelle or .swu"))
            let two =
                #"[{"name": "a", "version": "1", "artifacts": [{"file": "a.nacelle"}]}, {"name": "b", "version": "1", "artifacts": [{"file": "a.nacelle"}]}]"#
            try rig.script(#""deployment": {"id": "9", "chunks": \#(two)}"#)
            guard case .unusable("9", _) = try rig.contact().finding else {
                Issue.record("usable")
                return
            }
            // Firmware of others beside it does no harm.
            let beside = two.replacing(
                #"[{"file": "a.nacelle"}]}, {"#, with: #"[{"file": "firmware.bin"}]}, {"#)
            try rig.script(#""deployment": {"id": "10", "chunks": \#(beside)}"#)
            guard case .offer(let offer) = try rig.contact().finding else {
                Issue.record("no offer")
                return
            }
            #expect(offer.name == "b")
        }
    }

    @Test func `a cancellation goes before all else, and obeying it ends the action`() throws {
        try FleetRig.with { rig in
            try rig.serve("bearing-1.1.0.nacelle", [1])
            let both =
                FleetRig.deployment(file: Self.file) + #", "cancel": {"id": "11", "stop": "8"}"#
            try rig.script(both)
            #expect(try rig.contact().finding == .cancel(action: "11", stop: "8"))
            try rig.outbox().add(.cancelAccepted(action: "11"))
            let after = try rig.contact()
            #expect(after.finding == .nothing && after.delivered == 1 && after.waiting == 0)
            #expect(try rig.ends() == ["cancelled"])
            #expect(try rig.executions("cancel-11") == ["closed"])
            #expect(try rig.flaws() == [])
        }
    }

    @Test func `a cancellation that came too late is refused, and the action goes on`() throws {
        try FleetRig.with { rig in
            try rig.serve("bearing-1.1.0.nacelle", [1])
            try rig.script(
                FleetRig.deployment(file: Self.file) + #", "cancel": {"id": "11", "stop": "8"}"#)
            try rig.contact()
            try rig.outbox().add(.cancelRefused(action: "11", reason: "it runs already"))
            guard case .offer(let offer) = try rig.contact().finding else {
                Issue.record("the action is gone")
                return
            }
            #expect(offer.action == "8")
            #expect(try rig.executions("cancel-11") == ["rejected"])
            #expect(try rig.ends() == [])
        }
    }

    @Test func `a confirmation waits for a person, or is given by the configuration`() throws {
        try FleetRig.with { rig in
            try rig.serve("bearing-1.1.0.nacelle", [1])
            let waiting = FleetRig.deployment(file: Self.file).replacing(
                "\"deployment\"", with: "\"confirmation\"")
            try rig.script(waiting)
            guard case .confirmation(let offer) = try rig.contact().finding else {
                Issue.record("no confirmation")
                return
            }
            #expect(offer.version == "1.1.0")
            // Feedback is not for now, and is not repeated.
            try rig.outbox().add(.step(.proceeding, action: "8"))
            let early = try rig.contact()
            #expect(early.refused.count == 1 && early.refused[0].contains("404"), "\(early)")
            #expect(early.waiting == 0)
            try rig.outbox().add(.confirmed(action: "8", why: "the shift's lead"))
            guard case .offer = try rig.contact().finding else {
                Issue.record("no offer")
                return
            }
            try rig.double.clear()
            try rig.script(waiting)
            rig.confirmsByItself = true
            guard case .offer = try rig.contact().finding else {
                Issue.record("no offer")
                return
            }
            #expect(try rig.double.seen()["confirmed"]?["8"] == .string("confirmed"))
            #expect(try rig.flaws() == [])
        }
    }

    @Test func `a person's no is told`() throws {
        try FleetRig.with { rig in
            try rig.serve("bearing-1.1.0.nacelle", [1])
            try rig.script(
                FleetRig.deployment(file: Self.file).replacing(
                    "\"deployment\"", with: "\"confirmation\""))
            try rig.contact()
            try rig.outbox().add(.denied(action: "8", why: "not in harvest"))
            try rig.contact()
            #expect(try rig.double.seen()["confirmed"]?["8"] == .string("denied"))
        }
    }

    @Test func `the version that was gone back to is declared, where the server takes it`() throws {
        try FleetRig.with { rig in
            try rig.script()
            try rig.outbox().add(.installed(name: "bearing", version: "1.0.0"))
            try rig.contact()
            #expect(try rig.double.seen()["installed"]?["version"] == .string("1.0.0"))
            try rig.script(#""no-installed": true"#)
            try rig.outbox().add(.installed(name: "bearing", version: "1.0.0"))
            let got = try rig.contact()
            #expect(got.refused.count == 1 && got.waiting == 0)
            #expect(try rig.flaws() == [])
        }
    }

    @Test func `a deployment that went between two requests is nothing`() throws {
        try FleetRig.with { rig in
            try rig.serve("bearing-1.1.0.nacelle", [1])
            for status in [404, 410] {
                let trouble =
                    #""troubles": [{"match": "GET .*deploymentBase.*", "status": \#(status)}]"#
                try rig.script(FleetRig.deployment(file: Self.file) + ", " + trouble)
                try rig.double.clear()
                #expect(try rig.contact().finding == .nothing)
            }
        }
    }

    @Test(arguments: [
        #""status": 413"#, #""status": 500"#, #""status": 403"#, #""status": 404"#,
        #""status": 429"#, #""die": "before""#,
    ])
    func `attributes that are not taken keep no offer away, and are told again`(
        trouble: String
    ) throws {
        try FleetRig.with { rig in
            try rig.serve("bearing-1.1.0.nacelle", [1])
            let offer = FleetRig.deployment(file: Self.file)
            let refusal = #"{"match": "PUT .*/configData", "times": 9, \#(trouble)}"#
            try rig.script(offer + #", "troubles": [\#(refusal)]"#)
            let first = try rig.contact()
            guard case .offer = first.finding else {
                Issue.record("no offer: \(first)")
                return
            }
            #expect(first.problems.count == 1, "\(first.problems)")
            #expect(first.problems.first?.contains("attributes were not taken") == true)
            try rig.script(offer)
            let second = try rig.contact()
            #expect(second.problems == [])
            #expect(try rig.double.seen()["attributes"]?["sw_version"] == .string("1.0.0"))
        }
    }

    @Test(arguments: ["configData", "deploymentBase"])
    func `nothing is asked of another host, and nothing told to it`(kind: String) throws {
        try FleetRig.with { rig in
            let other = try DDIDouble()
            try other.script("{}")
            let href = other.poll + "/" + kind
            try rig.script(#""links": {"\#(kind)": {"href": "\#(href)"}}"#)
            let got = try fault { try rig.contact() }
            #expect(got.code == .serverRefused && got.message.contains(href), "\(got)")
            #expect(try other.seen()["log"] == .array([]))
        }
    }

    @Test func `what a server must not answer is refused in words`() throws {
        try FleetRig.with { rig in
            for (trouble, words) in [
                (#""status": 401"#, "does not let this machine in"),
                (#""status": 404"#, "does not know this machine"),
                (#""status": 429, "retry": 9"#, "too many requests"),
                (#""status": 200, "text": "<html>", "kind": "text/html""#, "captive portal"),
                (#""status": 200, "text": "{", "kind": "application/json""#, "cannot be used"),
                (#""status": 200, "text": "{} {}", "kind": "application/json""#, "cannot be used"),
                (#""status": 302, "location": "/elsewhere""#, "redirect"),
            ] {
                try rig.double.clear()
                try rig.script(
                    #""troubles": [{"match": "GET /DEFAULT.*", "times": 9, \#(trouble)}]"#)
                let got = try fault { try rig.contact() }
                #expect(got.message.contains(words), "\(trouble): \(got)")
                #expect([.serverRefused, .network].contains(got.code))
            }
        }
    }

    @Test func `a link that breaks is tried again, and twice at once is not possible`() throws {
        try FleetRig.with { rig in
            try rig.script(#""troubles": [{"match": "GET /DEFAULT.*", "die": "before"}]"#)
            #expect(try rig.contact().finding == .nothing)
            let lock = try rig.outbox().lockDelivery()
            let busy = try fault { try rig.contact() }
            #expect(busy.code == .busy)
            _ = consume lock
        }
    }
}
