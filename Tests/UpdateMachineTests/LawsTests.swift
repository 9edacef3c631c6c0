import Faults
import StrictJSON
import Testing

@testable import UpdateMachine

/// What holds after every event in every state that can be reached.
@Suite struct LawsTests {
    static let settings = [
        Settings(), Settings(mode: .prepare, asksPerson: true),
        Settings(mode: .check, answersServer: true),
    ]
    static let steps = settings.flatMap(Explorer.walk)
    /// One machine of each kind that was reached.
    static let machines = steps.filter(\.isNew).map(\.after)

    /// The first steps that break a law, in words; thousands of steps are judged, one is told.
    private func breaches(_ isKept: @escaping (Explorer.Step) -> Bool) -> [String] {
        Self.steps.lazy.filter { !isKept($0) }.prefix(3).map { step in
            "\(step.before.state) \(step.before.work?.hold as Hold?) + \(step.event) -> "
                + "\(step.after.state) \(step.actions)"
        }
    }

    @Test func `every state is reached, and every event is met in each`() {
        let met = Set(Self.steps.map { "\($0.before.state) \($0.event.title)" })
        let titles = Set(Explorer.events.map(\.title))
        let missing = State.allCases.flatMap { state in
            titles.filter { !met.contains("\(state) \($0)") }.map { "\(state) \($0)" }
        }
        #expect(missing == [])
        #expect(Self.steps.count > 10_000)
    }

    @Test func `success is told in the state good alone, after probation or where it ran before`() {
        let broken = breaches { step in
            step.actions.allSatisfy { action in
                guard case .close(.succeeded) = action else { return true }
                switch step.event {
                case .passed, .alreadyRunning, .recovered: return step.after.state == .good
                // Once more, where it could not be put down before.
                case .timeUp(.step): return step.before.state == .good
                default: return false
                }
            }
        }
        #expect(broken == [])
    }

    @Test func `what held an update back is no answer to a person who asks anew`() {
        let broken = breaches { step in
            guard step.event == .asked(.update), step.before.state == .waiting,
                step.after.state == .waiting
            else { return true }
            return step.after.work?.reasons == []
        }
        #expect(broken == [])
    }

    @Test func `a repository is asked for what is newer while a version of it waits`() {
        let broken = breaches { step in
            guard step.event == .timeUp(.poll), step.before.state == .waiting,
                step.before.work?.target.source == .repository, !step.before.looks
            else { return true }
            return step.actions == [.look]
        }
        #expect(broken == [])
    }

    @Test func `an outcome is left only when it was put down`() {
        let broken = breaches { step in
            guard step.before.state.isOutcome else { return true }
            switch step.event {
            case .reported: return [.idle, .checking].contains(step.after.state)
            case .started: return step.after.interrupted == step.before.state
            default: return step.after.state == step.before.state
            }
        }
        #expect(broken == [])
    }

    @Test func `from the swap on nothing but the probation's verdict ends the work`() {
        let broken = breaches { step in
            let isProbation = step.before.state == .probation
            guard step.before.state == .swapping || isProbation else { return true }
            switch step.event {
            case .passed: return step.after.state == .good
            case .fellBack: return step.after.state == .fallenBack
            case .activateFailed:
                return isProbation
                    ? step.after.state == .probation
                    : [.waiting, .failed].contains(step.after.state)
            case .started: return step.after.state == .recovering
            case .swapped: return step.after.state == .probation
            default: return step.after.state == step.before.state
            }
        }
        #expect(broken == [])
    }

    @Test func `bytes are fetched and a version is swapped in only through an open gate`() {
        let broken = breaches { step in
            if step.actions.contains(.prepare), step.event != .gateOpen(.fetch) { return false }
            guard step.actions.contains(.activate) else { return true }
            switch step.event {
            case .gateOpen(.swap): return true
            case .recovered(let facts): return facts.running?.state == "trial"
            case .timeUp(.step): return step.before.state == .probation
            default: return false
            }
        }
        #expect(broken == [])
    }

    @Test func `a cancel of the server is answered exactly once`() {
        let broken = breaches { step in
            guard case .looked(.cancel(let request, _)) = step.event,
                step.before.state == .checking || step.before.isLooking
            else { return true }
            let answers = step.actions.filter { action in
                switch action {
                case .tell(.cancelAccepted(request)), .tell(.cancelRefused(request, _)),
                    .close(.cancelAccepted(request)), .stop:
                    true
                default: false
                }
            }
            return answers.count == 1 || step.before.state.isOutcome
        }
        #expect(broken == [])
    }

    @Test func `nothing waits without an end but for a person`() {
        let broken = breaches { step in
            guard step.after.state == .waiting, step.before.state != .waiting else { return true }
            if step.after.work?.hold == .person { return true }
            return step.actions.contains { action in
                switch action {
                case .wait(.step, _), .gate: true
                default: false
                }
            }
        }
        #expect(broken == [])
    }

    @Test func `a trial that cannot be left is not left again without a pause`() {
        let trials = Self.machines.filter { $0.state == .probation }
        #expect(!trials.isEmpty)
        for trial in trials {
            var machine = trial
            var leaves = 0
            var isLeft = false
            for _ in 1...40 {
                let answer = machine.handle(.activateFailed(Failure(.storage, "the disk is full")))
                let isLeftNow = answer.contains { if case .leave = $0 { true } else { false } }
                #expect(!(isLeft && isLeftNow))
                isLeft = isLeftNow
                leaves += isLeft ? 1 : 0
            }
            #expect(leaves > 1)
        }
    }

    @Test func `where the swap is left to a person nothing is swapped in without a word`() {
        let broken = breaches { step in
            guard step.before.settings.mode != .install, step.after.state == .swapping,
                step.before.state != .swapping, let work = step.after.work
            else { return true }
            return work.target.asked || work.isConfirmed
        }
        #expect(broken == [])
    }

    @Test func `idle always has a next look`() {
        let broken = breaches { step in
            guard step.after.state == .idle, step.before.state != .idle else { return true }
            return step.actions.contains { action in
                if case .wait(.poll, _) = action { true } else { false }
            }
        }
        #expect(broken == [])
    }

    @Test func `an event that is answered by no action leaves the state, but on its way`() {
        let broken = breaches { step in
            guard step.actions.isEmpty else { return true }
            switch step.event {
            case .proving, .swapped, .prepared: return true
            default: return step.after.state == step.before.state
            }
        }
        #expect(broken == [])
    }

    @Test func `a machine that was saved is the same after it was read`() throws {
        for machine in Self.machines {
            let read = try UpdateMachine(
                reading: machine.json.pretty, settings: machine.settings)
            var expected = machine
            // A look does not outlive the process.
            expected.isLooking = false
            if read != expected { Issue.record("\(read) is not \(expected)") }
        }
    }

    @Test func `a machine started anew in any state goes on to a state with something to do`() {
        var broken: [String] = []
        for before in Self.machines {
            for facts in Explorer.facts {
                var machine = before
                let first = machine.handle(.started)
                let actions = machine.handle(.recovered(facts))
                let isTrial = facts.running?.state == "trial" && !facts.isBusy
                let isKept =
                    first == [.recover] && machine.state != .recovering
                    && (!actions.isEmpty || machine.work?.hold == .person)
                    && (!isTrial || machine.state == .probation)
                if !isKept { broken.append("\(before) \(facts) -> \(actions)") }
            }
        }
        #expect(broken.prefix(2) == [])
    }
}
