import Agent
import Bundle
import DurableFiles
import Faults
import Glibc
import Sealing
import StrictJSON
import UpdateMachine

@testable import Agent
@testable import Install
@testable import Service
@testable import Slots

/// The store's own files, as a failing disk or a crash may leave them.
enum StoreTargets {
    static let all = [
        FuzzTarget("slot-record", "a slot's record", read: slotRecord),
        FuzzTarget("recovery", "link and records, at a boot and at a recovery", read: recovery),
        FuzzTarget("denied", "the denied versions", read: denied),
        FuzzTarget("floor", "the floor, the last trusted time, the application", longest: 1024) {
            try floor($0)
        },
        FuzzTarget("boots", "versions that were left by their boots", read: boots),
        FuzzTarget("limit-misses", "missed limits of smoke runs", read: misses),
        FuzzTarget("history", "what happened, for people", read: history),
        FuzzTarget("slot-index", "a slot's chunk index", read: slotIndex),
        FuzzTarget("fill-journal", "the journal of a slot that is filled", read: journal),
        FuzzTarget("update-machine", "the saved update", read: machine),
        FuzzTarget("finding", "what a look for updates says to the service", read: finding),
        FuzzTarget("live-view", "what the running service shows", read: liveView),
        FuzzTarget("probation-progress", "how far a probation has come", longest: 1024) {
            let progress = try ProbationProgress(reading: $0)
            let second = try again("the progress") {
                try ProbationProgress(reading: progress.json.pretty)
            }
            try hold(second == progress, "it is written in another way")
            var counted = progress
            counted.count(Int(Int32.max))
            try hold(counted.restarts >= progress.restarts, "fewer restarts")
        },
        FuzzTarget("evidence", "what was seen of a version that failed", longest: 8192) {
            let evidence = try FailureEvidence(reading: $0)
            let written = evidence.encoded
            try hold(written.count <= FailureEvidence.limit, "\(written.count) bytes of evidence")
            let second = try again("the evidence") { try FailureEvidence(reading: written) }
            try hold(second.encoded == written, "it is written in another way")
        },
        FuzzTarget("proof", "how the last proof ended") {
            let proof = try ProofResult(reading: $0)
            let second = try again("the proof") { try ProofResult(reading: proof.json.pretty) }
            try hold(second.fault?.code == proof.fault?.code, "another fault")
        },
    ]

    /// Runs a reader on a store in memory whose directories are there.
    private static func withStore(
        _ body: (borrowing Store, _ root: borrowing Directory) throws -> Void
    ) throws {
        let path = try Workplace.place() + "/store"
        let store = try Store.openOrMake(path: path, owner: nil)
        try body(store, try Directory.open(path: path))
    }

    private static func slotRecord(_ input: [UInt8]) throws {
        let record = try SlotRecord(reading: input)
        let written = record.json.pretty
        guard written.count <= SlotRecord.limit else { return }
        let second = try again("the record") { try SlotRecord(reading: written) }
        try hold(second.json == record.json, "it is written in another way")
    }

    /// Two records, one after the other, and where the link leads.
    private static func recovery(_ input: [UInt8]) throws {
        var feed = Feed(input)
        let link = feed.byte()
        let length = feed.number(2)
        let records = [("a.json", feed.run(length)), ("b.json", feed.remaining)]
        try withStore { store, root in
            let place = try root.open("records")
            for (name, bytes) in records { try Workplace.put(name, bytes, in: place) }
            try root.remove("current")
            let target = ["slots/a", "slots/b", "slots/factory", "slots/c", "elsewhere"][link % 5]
            if link < 128 {
                guard unsafe symlink(target, root.path + "/current") == 0 else {
                    throw Broken(what: "no link: error \(errno)")
                }
            }
            let snapshot = try store.snapshot()
            let steps = Recovery.steps(for: snapshot, floor: 3)
            for step in steps { try hold(step.text.utf8.count < 1024, "a long text") }
            let present = Set(TreeName.allCases.filter { link >> 3 & 1 << $0.place == 0 })
            let decision = BootStep.decide(snapshot, present: present, limit: 2)
            guard let named = snapshot.named, present.contains(named),
                snapshot.record(of: named)?.state == .good,
                snapshot.record(of: named)?.whole == true
            else { return }
            try hold(decision == .start(named), "a good version that is there is not started")
        }
    }

    private static func denied(_ input: [UInt8]) throws {
        try withStore { store, root in
            let state = try root.open("state")
            try Workplace.put("denied.json", input, in: state)
            let denials = try store.denials()
            guard denials.count < 1000, let first = denials.first else { return }
            try store.allow(first.identity)
            let left = try again("the list") { try store.denials() }
            try hold(left.count < denials.count, "what was allowed is denied")
            try store.deny(first.identity, reason: first.reason)
            let identities = try again("the list") { try store.denials() }.map(\.identity)
            try hold(identities.contains { $0.isSameRelease(as: first.identity) }, "not denied")
        }
    }

    private static func floor(_ input: [UInt8]) throws {
        try withStore { store, root in
            let state = try root.open("state")
            for name in ["floor.json", "clock.json", "application"] {
                try Workplace.put(name, input, in: state)
            }
            _ = try? store.application()
            if let time = store.clockFloor() { try hold(time >= 0, "a time before 1970") }
            guard var identity = try store.floor()?.identity else { return }
            guard identity.releaseCounter < .max else { return }
            identity.releaseCounter += 1
            try store.raiseFloor(to: identity)
            let raised = try again("the floor") { try store.floor() }
            try hold(raised?.identity == identity, "it was not raised")
        }
    }

    private static func boots(_ input: [UInt8]) throws {
        try withStore { store, root in
            try Workplace.put("boots.json", input, in: try root.open("state"))
            let left = store.leftVersions()
            for version in left {
                for now: Int64 in [0, version.at, .max] {
                    _ = store.mayRetry(version.identity, now: now)
                }
            }
            guard let first = left.first else { return }
            try store.beginTrial(of: first.identity)
            let times = try store.noteLeft(first.identity, at: 5)
            try hold(times >= 1, "left \(times) times")
            try hold(!store.leftVersions().isEmpty, "the list is lost")
        }
    }

    private static func misses(_ input: [UInt8]) throws {
        let tree = try SHA256.digest(of: [])
        let identity = VersionIdentity(
            application: "bearing", version: "1", releaseCounter: 1, tree: tree)
        try withStore { store, root in
            try Workplace.put("limit-misses.json", input, in: try root.open("state"))
            for now: Int64 in [0, 1_795_000_000, .max] {
                let count = try store.countMiss(of: "latency", by: identity, at: now)
                try hold((1...64).contains(count), "\(count) misses")
            }
        }
    }

    private static func history(_ input: [UInt8]) throws {
        try withStore { store, root in
            try Workplace.put("history.jsonl", input, in: try root.open("state"))
            let events = try store.history()
            let lines = input.split(separator: 0x0A)
            try hold(events.count <= lines.count, "more events than lines")
        }
    }

    private static func slotIndex(_ input: [UInt8]) throws {
        let directory = try Workplace.directory("index")
        try Workplace.put("a.index", input, in: directory)
        guard let file = try directory.openFile("a.index") else {
            throw Broken(what: "the file is not there")
        }
        var index = try SlotIndex.open(file, digest: SHA256.digest(of: input), name: "a.index")
        // Every run of bytes where a chunk's digest may stand, and one that stands nowhere.
        var digests = [try SHA256.digest(of: input)]
        let starts = stride(
            from: SlotIndex.headerLength, to: input.count - 48, by: SlotIndex.chunkLength)
        for start in starts.prefix(16) {
            let bytes = Array(input[start..<(start + Digest.length)])
            digests += Digest(bytes.span).map { [$0] } ?? []
        }
        for digest in digests {
            for length in [1, 512, 1024, 1 << 20] {
                guard let place = index.find(digest, length: length) else { continue }
                try hold(
                    place.path.utf8.count <= BundleLimits.pathBytes && place.offset >= 0,
                    "a place at \(place.offset)")
            }
        }
    }

    private static func journal(_ input: [UInt8]) throws {
        var feed = Feed(input)
        let extents = feed.run(feed.number(2))
        let progress = feed.run(8)
        let heads = feed.remaining
        let directory = try Workplace.directory("journal")
        let stream = try SHA256.digest(of: [])
        if !FillJournal.exists(in: directory, stream: stream) {
            _ = try FillJournal(in: directory, stream: stream, continuing: false)
        }
        for (name, bytes) in [("extents", extents), ("progress", progress), ("heads", heads)] {
            try Workplace.put(name, bytes, in: directory)
        }
        var before: (Int64, Int64)?
        for _ in 0..<2 {
            let journal = try FillJournal(in: directory, stream: stream, continuing: true)
            try hold(journal.isContinued, "the journal is begun anew")
            try hold((0...BundleLimits.streamBytes).contains(journal.progress), "its progress")
            let found = (journal.extentsEnd, journal.progress)
            try hold(found.0 <= Int64(extents.count), "extents past the end")
            if let before { try hold(before == found, "read again it says something else") }
            before = found
            var cursor = try journal.cursor()
            for start: Int64 in [0, 512, 1024, 1 << 20, 1 << 39] {
                guard let place = cursor.place(of: start..<start + 100) else { continue }
                try hold(place.offset >= 0 && !place.path.isEmpty, "a place at \(place.offset)")
            }
            var buffer = [UInt8](repeating: 0, count: BundleLimits.chunkBytes)
            for offset: Int64 in [0, 1, 512] { _ = journal.readHead(at: offset, into: &buffer) }
        }
    }

    private static func machine(_ input: [UInt8]) throws {
        let settings = Settings(mode: .install, asksPerson: true, answersServer: true)
        let read = try UpdateMachine(reading: input, settings: settings)
        let written = read.json.pretty
        let second = try again("the update") {
            try UpdateMachine(reading: written, settings: settings)
        }
        // Long words are cut when they are written.
        let third = try again("the update") {
            try UpdateMachine(reading: second.json.pretty, settings: settings)
        }
        try hold(third == second, "it is written in another way")
        // Whatever was saved, the machine goes on from it.
        var machine = read
        let failure = Failure(.network, "No answer.")
        let events: [Event] = [
            .started, .recoveryFailed(failure), .timeUp(.step), .recovered(StoreFacts()),
            .asked(.update), .looked(.nothing), .timeUp(.poll), .lookFailed(failure),
            .gateOpen(.fetch), .proving, .prepared("a#1"), .gateOpen(.swap), .swapped, .passed,
            .reported, .asked(.cancel), .activateFailed(failure),
        ]
        for event in events { _ = machine.handle(event) }
        _ = try again("the update") {
            try UpdateMachine(reading: machine.json.pretty, settings: settings)
        }
    }

    private static func finding(_ input: [UInt8]) throws {
        let answer = try JSONReader.read(input, limits: JSONLimits(bytes: 256 << 10, depth: 16))
        try withStore { store, root in
            do throws(Fault) {
                _ = try Finding(answer, store)
            } catch  where error.code == .internalError {
                // A word of our own that it does not know, or an offer that is gone.
                throw Fault(.malformed, error.message)
            }
        }
    }

    private static func liveView(_ input: [UInt8]) throws {
        let directory = try Workplace.directory("runtime")
        try Workplace.put(LiveView.file, input, in: directory)
        guard let view = LiveView.read(from: directory.path) else { return }
        try Workplace.put(LiveView.file, view.json.compact, in: directory)
        guard let second = LiveView.read(from: directory.path) else {
            throw Broken(what: "the view is not read again")
        }
        try hold(second.json == view.json, "it is written in another way")
    }
}

extension TreeName {
    fileprivate var place: Int { TreeName.allCases.firstIndex(of: self) ?? 0 }
}
