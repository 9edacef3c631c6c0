import Bundle
import DurableFiles
import Faults
import Sealing
import StrictJSON

@testable import Agent
@testable import Install
@testable import Service
@testable import Slots
@testable import UpdateMachine

/// The files of a store.
enum StoreSeeds {
    static func write(_ seeds: SeedWriter) throws {
        let identity = VersionIdentity(
            application: "bearing", version: "1.2.0", releaseCounter: 4,
            tree: try SHA256.digest(of: []))
        let states: [SlotRecord.State] = [.good, .trial, .bad, .filling]
        let records = states.map { state in
            SlotRecord(
                state: state, identity: identity, bundle: "00", whole: state != .filling,
                fallback: state == .good ? nil : .b, reason: state == .bad ? "a test" : "")
        }
        for (number, record) in records.enumerated() {
            try seeds.good("slot-record", record.json.pretty, number + 1)
            for (link, other) in [(0, 0), (1, 1), (2, 3)] {
                let first = record.json.compact
                var seed: [UInt8] = [UInt8(link)]
                seed.append(littleEndian: UInt16(first.count))
                try seeds.good(
                    "recovery", seed + first + records[other].json.compact, 4 * number + other)
            }
        }
        let members = JSONValue.members(identity.members).compactText.dropFirst().dropLast()
        try seeds.good("denied", #"{"denied": [{\#(members), "reason": "a test", "at": 5}]}"#)
        try seeds.good("floor", "{\(members)}")
        try seeds.other("floor", Array(#"{"floor": 1795000000}"#.utf8))
        try seeds.good(
            "boots",
            #"{"format": 1, "left": [{\#(members), "times": 1, "at": 5, "open": false}]}"#)
        try seeds.good("limit-misses", #"{"misses": [{\#(members), "limit": "latency", "at": 0}]}"#)
        try seeds.good("history", #"{"event": "good", "at": 5}"# + "\n" + #"{"event": "cut"#)
        try machines(seeds)
        try index(seeds)
        let record = records[1]
        var progress = ProbationProgress(.a, record)
        (progress.began, progress.boot, progress.swapped) = (5, "boot", 7)
        try seeds.good("probation-progress", progress.json.pretty)
        var evidence = FailureEvidence(.a, record, .probationFailed, reason: "It fell silent.")
        evidence.at = 5
        evidence.probes = ["0 ms: healthy"]
        evidence.log = ["a line"]
        evidence.memory = 5
        evidence.smoke = .members([("passed", .bool(true))])
        try seeds.good("evidence", evidence.encoded)
        let fault = Fault(.smokeTooSlow, "It took 7 ms.", advice: "Make it quicker.", cause: "x")
        for (number, fault) in [nil, fault].enumerated() {
            let proof = ProofResult(slot: .b, bundle: "00", fault: fault).json.compactText
            // The time that it was written at is not of interest.
            let parts = proof.split(separator: ",").map {
                $0.hasPrefix(#""at":"#) ? #""at":5"# : String($0)
            }
            try seeds.good("proof", parts.joined(separator: ","), number + 1)
        }
        var view = LiveView()
        view.state = "waiting"
        view.reasons = ["the window is closed"]
        try seeds.good("live-view", view.json.compact)
    }

    private static func machines(_ seeds: SeedWriter) throws {
        var machine = UpdateMachine(
            Settings(mode: .install, asksPerson: true, answersServer: true))
        try seeds.good("update-machine", machine.json.pretty)
        let target = Target(source: .server(action: "8"), key: "8#1", version: "1.2.0")
        let events: [Event] = [
            .started, .recovered(StoreFacts()), .timeUp(.poll), .looked(.offer(target)),
            .gateOpen(.fetch), .proving, .prepared("a#4"), .gateOpen(.swap), .swapped,
            .fellBack(Failure(.probationFailed, "It fell silent.")),
        ]
        for (number, event) in events.enumerated() {
            _ = machine.handle(event)
            try seeds.good("update-machine", machine.json.pretty, number + 2)
        }
    }

    private static func index(_ seeds: SeedWriter) throws {
        let digest = try SHA256.digest(of: [1])
        var index = SlotIndex.magic
        index.append(littleEndian: UInt32(2))
        index.append(littleEndian: UInt32(1))
        for _ in 0..<2 {
            index += digest.bytes
            index.append(littleEndian: UInt64(512))
            index.append(littleEndian: UInt32(1024))
            index.append(littleEndian: UInt32(0))
        }
        index.append(littleEndian: UInt64(0))
        index.append(littleEndian: UInt32(5))
        index.append(littleEndian: UInt32(0))
        try seeds.good("slot-index", index + Array("model".utf8))
        var extents: [UInt8] = []
        for (offset, path) in [(512, "bin/program"), (2048, "model")] {
            extents.append(littleEndian: UInt64(offset))
            extents.append(littleEndian: UInt64(700))
            extents.append(littleEndian: UInt16(path.utf8.count))
            extents += Array(path.utf8)
        }
        var journal: [UInt8] = []
        journal.append(littleEndian: UInt16(extents.count))
        journal += extents
        journal.append(littleEndian: UInt64(4096))
        journal.append(littleEndian: UInt64(512))
        journal.append(littleEndian: UInt32(3))
        try seeds.good("fill-journal", journal + [7, 8, 9])
    }
}
