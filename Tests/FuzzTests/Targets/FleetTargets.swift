import DurableFiles
import Faults
import Install
import StrictJSON
import TestKit

@testable import Fleet

/// What a rollout server sends, and what is kept of it.
enum FleetTargets {
    static let all = [
        FuzzTarget("poll", "a rollout server's poll answer", read: poll),
        FuzzTarget("deployment", "a rollout server's deployment", longest: 8192, read: deployment),
        FuzzTarget("cancel", "a rollout server's cancel request", read: cancel),
        FuzzTarget("server-words", "the page of a server's refusal", read: serverWords),
        FuzzTarget("offer", "the kept offer", read: offer),
        FuzzTarget("outbox", "a report that waits", read: outbox),
        FuzzTarget("action-book", "what was told of each action", read: actionBook),
        FuzzTarget("swu", "a SWUpdate archive around a bundle", longest: 8192, read: archive),
    ]

    private static func server() throws(Fault) -> FleetServer {
        try FleetServer("https://hawkbit.example/DEFAULT/controller/v1/turbine-7")
    }

    private static func poll(_ input: [UInt8]) throws {
        let server = try server()
        let answer = try PollAnswer(reading: input, from: server)
        try hold(PollAnswer.sleepBounds.contains(answer.sleep), "a wait of \(answer.sleep) s")
        for link in [answer.deployment, answer.cancel, answer.confirmation, answer.configData] {
            try hold(
                link.map { $0.lowercased().hasPrefix("https://hawkbit.example") } ?? true,
                "a link to \(link ?? "")")
        }
    }

    private static func deployment(_ input: [UInt8]) throws {
        let server = try server()
        for key in ["deployment", "confirmation"] {
            guard let deployment = try? Deployment(reading: input, from: server, under: key) else {
                continue
            }
            try hold(DDIReader.isID(deployment.action), "the action “\(deployment.action)”")
            let files = deployment.chunks.flatMap(\.artifacts)
            try hold(files.count <= Deployment.artifactLimit, "too many files")
            for file in files {
                try hold(
                    file.href.lowercased().hasPrefix("https://") && !file.file.contains("/"),
                    "the file “\(file.file)” at \(file.href)")
            }
            let offer = try Offer(deployment, from: server)
            let written = offer.json.pretty
            guard written.count <= Offer.limit else { continue }
            let second = try again("the offer") { try Offer(reading: written) }
            try hold(second == offer, "the offer is written in another way")
        }
        _ = try Deployment(reading: input, from: server)
    }

    private static func cancel(_ input: [UInt8]) throws {
        let cancel = try CancelRequest(reading: input)
        try hold(DDIReader.isID(cancel.action) && DDIReader.isID(cancel.stop), "an action's id")
    }

    private static func serverWords(_ input: [UInt8]) throws {
        guard let words = ServerWords.read(input) else { return }
        try hold(words.count <= 200 && !words.contains(where: \.isNewline), "words over a line")
    }

    private static func offer(_ input: [UInt8]) throws {
        let offer = try Offer(reading: input)
        let written = offer.json.pretty
        guard written.count <= Offer.limit else { return }
        let second = try again("the offer") { try Offer(reading: written) }
        try hold(second == offer, "it is written in another way")
        _ = OfferShelf.bundle(offer.artifacts)
    }

    private static func outbox(_ input: [UInt8]) throws {
        let entry = try OutboxEntry(number: 1, reading: input)
        let written = entry.json.pretty
        let second = try again("the report") { try OutboxEntry(number: 1, reading: written) }
        try hold(second.json == entry.json, "it is written in another way")
        let body = entry.report.body(at: entry.at).compact
        try hold(body.count <= 64 << 10, "a report of \(body.count) bytes")
        let book = try ActionBook(Workplace.directory("book"), server: server())
        let address = FleetAddress.of(entry.report, book, try server())
        try hold(address.hasPrefix("https://hawkbit.example/"), "it is sent to \(address)")
    }

    private static func actionBook(_ input: [UInt8]) throws {
        let directory = try Workplace.directory("actions")
        try Workplace.put("actions.json", input, in: directory)
        let book = try ActionBook(directory, server: server())
        try hold(book.entries.count <= ActionBook.limit, "too many actions")
        for entry in book.entries {
            try hold(DDIReader.isID(entry.action), "the action “\(entry.action)”")
        }
    }

    private static func archive(_ input: [UInt8]) throws {
        let bundle = try WrappedBundle.unwrapped(MemorySource(input))
        let length = try bundle.length()
        try hold((0...Int64(input.count)).contains(length), "a bundle of \(length) bytes")
        _ = try again("the wrapped bundle") { try bundle.read(at: 0, count: Int(length)) }
        try hold(
            (try? bundle.read(at: length, count: 1)) == nil, "bytes behind the bundle's end")
    }
}
