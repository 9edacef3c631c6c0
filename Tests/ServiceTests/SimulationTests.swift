import DurableFiles
import Fleet
import TestKit
import Testing

@testable import Service
@testable import UpdateMachine

/// A week in minutes: thousands of days of polls, offers, cancels, outages, power cuts and bad
/// versions, from seeds that make a failure again.
@Suite struct SimulationTests {
    static let days = 400

    /// Of these seeds one told an outcome twice: it played a look that had begun before the outcome as the
    /// supervisor would not.
    @Test(arguments: [4_753_429_703_089_357_849] + SeededGenerator.seeds(4), [true, false])
    func `every law holds through years of everything that happens`(
        seed: UInt64, usesFleet: Bool
    ) throws {
        try withScratch { scratch in
            let machine = try SimulatedMachine(
                path: "\(scratch.path)/store", seed: seed, usesFleet: usesFleet)
            try machine.run(seconds: Int64(Self.days) * 86_400)
            #expect(machine.breaches == [], "seed \(seed), fleet \(usesFleet)")
            // It lived: each kind of end was met.
            let counts = machine.counts
            #expect(counts["good", default: 0] > 10, "\(counts)")
            #expect(counts["power cuts", default: 0] > 10, "\(counts)")
            #expect(counts["fallenBack", default: 0] > 0, "\(counts)")
            #expect(counts["failed", default: 0] > 0, "\(counts)")
        }
    }
}
