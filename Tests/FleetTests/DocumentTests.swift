import Faults
import StrictJSON
import TestKit
import Testing

@testable import Fleet

/// What a server writes, read: what is there, what is tolerated, what is refused.
@Suite struct DocumentTests {
    let server: FleetServer

    init() throws {
        server = try FleetServer("https://hawkbit.example/DEFAULT/controller/v1/turbine-7")
    }

    static let poll = """
        {"config": {"polling": {"sleep": "00:12:00"}}, "_links": {
          "deploymentBase": {"href":
            "https://hawkbit.example/DEFAULT/controller/v1/turbine-7/deploymentBase/8?c=-21"},
          "installedBase": {"href": "https://hawkbit.example/i/7"},
          "configData": {"href": "https://hawkbit.example/c"}, "later": {"href": 7}}, "new": [1]}
        """

    static let deployment = """
        {"id": "8", "deployment": {"download": "attempt", "update": "skip",
          "maintenanceWindow": "unavailable", "chunks": [{"part": "bApp", "version": "1.1.0",
          "name": "bearing", "artifacts": [{"filename": "bearing-1.1.0.nacelle", "size": 123,
          "hashes": {"sha1": "A94A8FE5CCB19BA61C4C0873D391E987982FBBD3", "md5": "x",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
          "_links": {"download": {"href": "https://cdn.example/a"},
            "download-http": {"href": "http://cdn.example/a"}}}],
          "metadata": [{"key": "k", "value": "v"}]}]}, "actionHistory": {"status": "RUNNING"}}
        """

    @Test func `a poll's answer gives the time to wait and the links`() throws {
        let answer = try PollAnswer(reading: bytes(Self.poll), from: server)
        #expect(answer.sleep == 720)
        #expect(answer.deployment?.hasSuffix("/deploymentBase/8?c=-21") == true)
        #expect(answer.installed == "https://hawkbit.example/i/7")
        #expect(answer.configData != nil && answer.cancel == nil && answer.confirmation == nil)
        let empty = try PollAnswer(reading: bytes("{}"), from: server)
        #expect(empty.sleep == 300 && empty.deployment == nil)
        let none = try PollAnswer(
            reading: bytes(#"{"_links": null, "config": {"polling": {"sleep": 7}}}"#), from: server)
        #expect(none.sleep == 300)
    }

    @Test(arguments: [
        ("00:00:00", 30), ("00:00:29", 30), ("00:01:00", 60), ("23:59:59", 86_399),
        ("24:00:00", 86_400), ("9999:00:00", 86_400), ("PT5M", 300), ("P1D", 86_400),
        ("PT1H30M10.5S", 5410), ("P2W", 86_400), ("P1DT1S", 86_400),
    ])
    func `a time to wait is bounded`(text: String, seconds: Int64) throws {
        let json = #"{"config": {"polling": {"sleep": "\#(text)"}}}"#
        #expect(try PollAnswer(reading: bytes(json), from: server).sleep == seconds)
    }

    @Test(arguments: [
        "", "5", "00:60:00", "00:00:60", "1:2", "1:2:3:4", "-1:00:00", "P", "PT", "P1H", "PT1D",
        "P1.5D", "PT1", "99999999999999999999:00:00", "PT99999999999H", "١:٠:٠",
    ])
    func `a time that is none keeps nobody from asking again`(text: String) throws {
        let json = #"{"config": {"polling": {"sleep": "\#(text)"}}}"#
        #expect(try PollAnswer(reading: bytes(json), from: server).sleep == 300)
    }

    @Test func `a deployment gives its files, and hints alone are dropped where they are none`()
        throws
    {
        let got = try Deployment(reading: bytes(Self.deployment), from: server)
        #expect(got.action == "8" && got.download == .attempt && got.update == .skip)
        #expect(got.window == .unavailable)
        let file = try #require(got.chunks.first?.artifacts.first)
        #expect(file.file == "bearing-1.1.0.nacelle" && file.size == 123)
        #expect(file.href == "https://cdn.example/a", "the protected link comes first")
        #expect(file.sha1 == "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3")
        #expect(file.sha256?.hasPrefix("9f86") == true)
        let vague = Self.deployment.replacing("\"attempt\"", with: "\"timeforced\"")
            .replacing("unavailable", with: "perhaps").replacing("9f86d0", with: "zzzzzz")
        let read = try Deployment(reading: bytes(vague), from: server)
        #expect(read.download == .attempt && read.window == .unavailable)
        #expect(read.chunks[0].artifacts[0].sha256 == nil)
    }

    @Test func `ids and names that lead elsewhere are refused`() throws {
        for (old, new) in [
            ("\"8\"", "\"../8\""), ("\"8\"", "\"\""), ("\"8\"", "\"8/feedback\""),
            ("\"8\"", "\"..\""), ("\"8\"", "[]"),
            ("\"8\"", "\"\(String(repeating: "8", count: 65))\""),
            ("bearing-1.1.0.nacelle", "../../etc/passwd"), ("bearing-1.1.0.nacelle", ".."),
            ("bearing-1.1.0.nacelle", "a\\u0000b"), ("bearing-1.1.0.nacelle", ""),
            ("123", "-1"), ("123", "1e3"), ("123", "99999999999999999999"),
        ] {
            let text = Self.deployment.replacing(old, with: new)
            #expect(text != Self.deployment)
            let got = try fault { _ = try Deployment(reading: bytes(text), from: server) }
            #expect(got.code == .serverRefused, "\(new): \(got)")
        }
        // A number is an id as well.
        let number = Self.deployment.replacing("\"8\"", with: "8")
        #expect(try Deployment(reading: bytes(number), from: server).action == "8")
        let minus = Self.deployment.replacing("\"8\"", with: "-1")
        #expect(try Deployment(reading: bytes(minus), from: server).action == "-1")
    }

    @Test func `links to less protected places, and to users, are refused with what to do`() throws
    {
        for href in [
            "http://hawkbit.example/x", "ftp://hawkbit.example/x", "/relative", "https://",
            "https://hawkbit.example@evil.example/x", "https://u:p@hawkbit.example/x",
            "https://hawkbit.example\\\\@evil.example/", "javascript:1", "https://a b/",
        ] {
            let json = #"{"_links": {"deploymentBase": {"href": "\#(href)"}}}"#
            let got = try fault { _ = try PollAnswer(reading: bytes(json), from: server) }
            #expect(got.code == .serverRefused, "\(href): \(got)")
        }
        let json = #"{"_links": {"deploymentBase": {"href": "http://hawkbit.example/x"}}}"#
        let got = try fault { _ = try PollAnswer(reading: bytes(json), from: server) }
        #expect(got.advice.contains("X-Forwarded-Proto"), "\(got)")
    }

    @Test(arguments: ["deploymentBase", "configData", "cancelAction", "confirmationBase"])
    func `documents are asked of the server alone, files of anybody`(kind: String) throws {
        func poll(_ href: String) throws -> PollAnswer {
            let json = #"{"_links": {"\#(kind)": {"href": "\#(href)"}}}"#
            return try PollAnswer(reading: bytes(json), from: server)
        }
        for href in [
            "https://evil.example/DEFAULT/controller/v1/turbine-7/x",
            "https://hawkbit.example:8443/x", "https://hawkbit.example.evil.example/x",
        ] {
            let got = try fault { _ = try poll(href) }
            #expect(got.code == .serverRefused && got.message.contains(href), "\(got)")
            #expect(got.message.contains(kind))
        }
        #expect(throws: Never.self) { try poll("https://HawkBit.example:443/x") }
        // The deployment of the tests has its files at cdn.example.
        let files = try Deployment(reading: bytes(Self.deployment), from: server)
        #expect(files.chunks[0].artifacts[0].href == "https://cdn.example/a")
    }

    @Test func `too many chunks, files and values are refused`() throws {
        let chunk = #"{"name": "a", "version": "1", "artifacts": []}"#
        let many = Array(repeating: chunk, count: 65).joined(separator: ",")
        let file = #"{"filename": "a", "size": 1, "_links": {"download": {"href": "https://a/"}}}"#
        let files = Array(repeating: file, count: 513).joined(separator: ",")
        for chunks in [many, #"{"name": "a", "version": "1", "artifacts": [\#(files)]}"#] {
            let json = #"{"id": "8", "deployment": {"chunks": [\#(chunks)]}}"#
            let got = try fault { _ = try Deployment(reading: bytes(json), from: server) }
            #expect(got.code == .serverRefused, "\(got)")
        }
        let deep = String(repeating: "[", count: 30) + String(repeating: "]", count: 30)
        let got = try fault { _ = try PollAnswer(reading: bytes("{\"a\": \(deep)}"), from: server) }
        #expect(got.code == .serverRefused && got.message.contains("deeper"), "\(got)")
        let long = "{\"a\": \"" + String(repeating: "x", count: 600_000) + "\"}"
        #expect(
            try fault { _ = try PollAnswer(reading: bytes(long), from: server) }.code
                == .serverRefused)
    }

    @Test func `a cancellation names itself and what is to stop`() throws {
        let got = try CancelRequest(
            reading: bytes(#"{"id": "11", "cancelAction": {"stopId": "8", "x": 1}}"#))
        #expect(got == CancelRequest(action: "11", stop: "8"))
        for text in [#"{"id": "11"}"#, #"{"cancelAction": {"stopId": "8"}}"#, "[]", "null", ""] {
            #expect(
                try fault { _ = try CancelRequest(reading: bytes(text)) }.code == .serverRefused)
        }
    }

    @Test func `altered documents are read or refused, and nothing traps`() throws {
        for seed in SeededGenerator.seeds(8) {
            for (document, read) in [
                (Self.poll, { _ = try PollAnswer(reading: $0, from: server) }),
                (Self.deployment, { _ = try Deployment(reading: $0, from: server) }),
                (
                    #"{"id": "11", "cancelAction": {"stopId": "8"}}"#,
                    { _ = try CancelRequest(reading: $0) }
                ),
            ] as [(String, ([UInt8]) throws -> Void)] {
                let got = readAltered(
                    bytes(document), seed: seed, codes: [.serverRefused, .incompatible], read)
                #expect(got.wrong == nil)
                #expect(got.refused > 100, "seed \(seed)")
            }
        }
    }
}
