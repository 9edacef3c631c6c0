import Faults
import StrictJSON
import TestKit
import Testing

@testable import UpdateMachine

/// A saved machine that was damaged is refused, never trapped on.
@Suite struct SavedMachineTests {
    private var bytes: [UInt8] {
        var machine = UpdateMachine(Settings())
        _ = machine.handle(.started)
        _ = machine.handle(.recovered(StoreFacts()))
        _ = machine.handle(.timeUp(.poll))
        _ = machine.handle(.looked(.offer(Explorer.served)))
        _ = machine.handle(.gateOpen(.fetch))
        _ = machine.handle(.prepareFailed(Failure(.network, "no answer")))
        return machine.json.pretty
    }

    @Test func `a machine cut short anywhere is refused`() {
        let whole = bytes
        for length in 0..<whole.count - 2 {
            #expect(throws: Fault.self) {
                try UpdateMachine(reading: Array(whole[..<length]), settings: Settings())
            }
        }
    }

    @Test(arguments: SeededGenerator.seeds(8))
    func `changed bytes are read or refused, and never trap`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<changed.count, using: &random)
                changed[place] = UInt8.random(in: 0...255, using: &random)
            }
            guard var machine = try? UpdateMachine(reading: changed, settings: Settings()) else {
                continue
            }
            for event in Explorer.events { _ = machine.handle(event) }
        }
    }

    @Test func `a state that needs work is refused without it`() {
        let text = #"{"format":1,"state":"fetching","lookFailures":0,"wished":false}"#
        #expect(throws: Fault.self) {
            try UpdateMachine(reading: Array(text.utf8), settings: Settings())
        }
    }
}
