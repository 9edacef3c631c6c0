import Testing

@testable import Schedule

/// What may be done now: all must allow, and what is forced passes the windows alone.
@Suite struct GateTests {
    private let now: Int64 = 1_800_000_000

    private func gate(_ stage: Gate.Stage, _ change: (inout Gate) -> Void = { _ in }) -> Gate.Answer
    {
        var gate = Gate(stage, now: now)
        change(&gate)
        return gate.answer
    }

    @Test(arguments: [Gate.Stage.fetch, .swap])
    func `where nothing is said against it, a step may be taken`(stage: Gate.Stage) {
        #expect(gate(stage) == .open)
        #expect(
            gate(stage) {
                $0.inhibitors = [.allows(note: nil), .allows(note: "no logind")]
                $0.confirmation = .given
                $0.server = .available
                $0.window = .open(until: now + 1)
            } == .open)
    }

    @Test
    func `a closed window holds back until it opens, and is looked at every quarter of an hour`() {
        #expect(
            gate(.swap) { $0.window = .closed(opens: now + 300) }
                == .closed(reasons: ["outside the windows"], recheck: 300))
        #expect(
            gate(.fetch) { $0.window = .closed(opens: now + 86_400) }
                == .closed(reasons: ["outside the download windows"], recheck: 900))
        #expect(
            gate(.swap) { $0.window = .closed(opens: now) }
                == .closed(reasons: ["outside the windows"], recheck: 1))
    }

    @Test func `what is forced passes the windows, and nobody else`() {
        let forced = gate(.swap) {
            $0.isForced = true
            $0.window = .closed(opens: now + 300)
        }
        #expect(forced == .open)
        let held = gate(.swap) {
            $0.isForced = true
            $0.window = .closed(opens: now + 300)
            $0.inhibitors = [.inhibits("/run/turbine/busy exists")]
            $0.confirmation = .awaited
            $0.server = .unavailable
        }
        #expect(
            held
                == .closed(
                    reasons: [
                        "/run/turbine/busy exists", "a person has to confirm it",
                        "the server's maintenance window is closed",
                    ], recheck: 60))
    }

    @Test func `inhibitors hold back fetching only where that is configured`() {
        let answers: [InhibitorAnswer] = [.allows(note: nil), .inhibits("busy")]
        #expect(gate(.fetch) { $0.inhibitors = answers } == .open)
        #expect(
            gate(.fetch) {
                $0.inhibitors = answers
                $0.inhibitsFetch = true
            } == .closed(reasons: ["busy"], recheck: 60))
        #expect(gate(.swap) { $0.inhibitors = answers } == .closed(reasons: ["busy"], recheck: 60))
        #expect(!Gate.asksInhibitors(for: .fetch, inhibitsFetch: false))
    }

    @Test func `a version may be fetched outside the server's window, and not swapped in`() {
        #expect(gate(.fetch) { $0.server = .unavailable } == .open)
        #expect(
            gate(.swap) { $0.server = .unavailable }
                == .closed(
                    reasons: ["the server's maintenance window is closed"], recheck: 900))
    }

    @Test func `of all combinations only those without a reason are open, and each reason is told`()
    {
        for stage in [Gate.Stage.fetch, .swap] {
            for bits in 0..<64 {
                let bit = { (number: Int) in bits >> number & 1 == 1 }
                let answer = gate(stage) {
                    $0.window = bit(0) ? .closed(opens: now + 10) : .open(until: nil)
                    $0.isForced = bit(1)
                    $0.inhibitors = bit(2) ? [.inhibits("a"), .inhibits("b")] : []
                    $0.inhibitsFetch = bit(3)
                    $0.confirmation = bit(4) ? .awaited : .given
                    $0.server = bit(5) ? .unavailable : .available
                }
                var count = bit(0) && !bit(1) ? 1 : 0
                if bit(2), stage == .swap || bit(3) { count += 2 }
                if bit(4) { count += 1 }
                if bit(5), stage == .swap { count += 1 }
                switch answer {
                case .open: #expect(count == 0)
                case .closed(let reasons, let recheck):
                    #expect(reasons.count == count)
                    #expect((1...900).contains(recheck))
                }
            }
        }
    }
}
