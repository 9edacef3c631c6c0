import DurableFiles
import Faults
import Sealing
import Slots
import StrictJSON
import TestKit

@testable import Fleet
@testable import Service
@testable import UpdateMachine

/// A whole machine in a scratch directory, with a clock of its own: the real `UpdateMachine`, the
/// real conductor, the real store, boot, recovery, outbox, gate and waits; played are the network,
/// the application, what the children do in between, and the power.
final class SimulatedMachine: World {
    enum Happening {
        case event(Event)
        case looked(Event)
        case timer(Alarm)
        case prepare(step: Int)
        case activate(step: Int)
        case powerCut
        case network
        case release
        case person
    }

    struct Entry {
        var at: Int64
        var order: Int
        var life: Int
        var happening: Happening
    }

    let path: String
    var store: Store
    var outbox: Outbox
    let server: SimulatedServer
    var random: SeededGenerator
    var now: Int64 = 1_800_000_000
    var queue: [Entry] = []
    var order = 0
    /// The process that runs; what an earlier one had begun is nobody's.
    var life = 0
    var saved: [UInt8]?
    var conductor: Conductor?
    var times: WaitTimes
    var isOnline = true
    var isStopped = false
    var wasPowerCut = false
    var bootsOfTrial = 0
    /// The look under way: whether an outcome was put down since, and whether one was asked for again.
    private var look: (isOutdated: Bool, isAskedAgain: Bool)?
    var log: [String] = []
    var breaches: [String] = []
    var counts: [String: Int] = [:]

    init(path: String, seed: UInt64, usesFleet: Bool) throws(Fault) {
        self.path = path
        random = SeededGenerator(seed: seed)
        store = try Store.openOrMake(path: path, owner: nil)
        outbox = Outbox(try store.outboxDirectory())
        server = SimulatedServer(usesFleet: usesFleet)
        times = WaitTimes(interval: 6 * 3600, seed: seed)
        try installFirst()
    }

    /// Version 1, good, as a factory leaves it.
    private func installFirst() throws(Fault) {
        let first = try server.release(.good)
        try fill(.a, first)
        try store.write(record(first, .good, whole: true), of: .a)
        try store.raiseFloor(to: first.identity)
        try store.setCurrent(.a)
    }

    // MARK: The clock

    func schedule(after seconds: Int64, _ happening: Happening) {
        order += 1
        queue.append(
            Entry(at: now + max(seconds, 0), order: order, life: life, happening: happening))
    }

    /// Runs until so many seconds later.
    func run(seconds: Int64) throws(Fault) {
        let end = now + seconds
        schedule(after: 3600, .release)
        schedule(after: 7 * 86_400, .powerCut)
        schedule(after: 86_400, .network)
        schedule(after: 3 * 86_400, .person)
        try start()
        while let index = queue.indices.min(by: { left, right in
            (queue[left].at, queue[left].order) < (queue[right].at, queue[right].order)
        }), queue[index].at <= end {
            let entry = queue.remove(at: index)
            now = entry.at
            try happen(entry)
            if wasPowerCut { try boot() }
            try check(entry)
            guard breaches.isEmpty else { return }
        }
    }

    private func happen(_ entry: Entry) throws(Fault) {
        switch entry.happening {
        case .powerCut:
            wasPowerCut = true
            schedule(after: chance(1...14) * 86_400, .powerCut)
        case .network:
            isOnline.toggle()
            schedule(after: isOnline ? chance(1...10) * 86_400 : chance(600...200_000), .network)
        case .release:
            try server.publish(&random)
            schedule(after: chance(3600...5 * 86_400), .release)
        case .person:
            ask()
            schedule(after: chance(1...6) * 86_400, .person)
        default:
            // What an earlier process had begun ended with it.
            guard entry.life == life else { return }
            try go(entry.happening)
        }
    }

    private func go(_ happening: Happening) throws(Fault) {
        switch happening {
        case .event(let event): conductor?.feed(event)
        case .looked(let event):
            let over = look
            look = nil
            // As the supervisor does it: what it saw may be the offer that is over by now.
            guard over?.isOutdated == true else {
                conductor?.feed(event)
                return
            }
            if over?.isAskedAgain == true { try beginLook() }
        case .timer(let timer): conductor?.feed(.timeUp(timer))
        case .prepare(let step): try prepare(step)
        case .activate(let step): try activate(step)
        default: break
        }
    }

    private func ask() {
        let requests: [Request] = [.check, .update, .cancel, .confirm, .refuse]
        let request = requests[Int(chance(0...4))]
        count("asked to \(request.rawValue)")
        conductor?.feed(.asked(request))
        if server.usesFleet, chance(0...2) == 0 { server.callOff() }
    }

    func chance(_ range: ClosedRange<Int64>) -> Int64 {
        Int64.random(in: range, using: &random)
    }

    func count(_ what: String) { counts[what, default: 0] += 1 }

    // MARK: The process

    /// The service starts, with what was saved.
    func start() throws(Fault) {
        life += 1
        isStopped = false
        look = nil
        let settings = Settings()
        var machine = UpdateMachine(settings)
        if let saved { machine = try UpdateMachine(reading: saved, settings: settings) }
        conductor = Conductor(machine, self)
        conductor?.feed(.started)
    }

    /// The power fails, and the machine boots; a version that kills boots does it again and again.
    private func boot() throws(Fault) {
        wasPowerCut = false
        count("power cuts")
        while true {
            store = try Store.open(path: path)
            outbox = Outbox(try store.outboxDirectory())
            let report = store.boot(limit: 2, now: now, "nacelle boot")
            if report.outcome == .fellBack { count("left at boot") }
            if report.outcome == .asItWas { breaches.append("boot: \(report.alarms)") }
            guard let running = try store.snapshot().running,
                server.version(running.identity)?.kind == .killsBoot
            else { break }
            count("boots killed")
            now += 60
            bootsOfTrial += 1
            if bootsOfTrial > 10 {
                breaches.append("a version that kills each boot runs for ever")
                return
            }
        }
        bootsOfTrial = 0
        try start()
    }

    // MARK: World

    func save(_ machine: UpdateMachine) -> Bool {
        // A full disk, now and then.
        if chance(0...1000) == 0 { return false }
        saved = machine.lasting.json.pretty
        return true
    }

    func show(_ machine: UpdateMachine) {
        log.append("\(now) \(machine.state) \(machine.work?.target.version ?? "")")
        if log.count > 60 { log.removeFirst(30) }
    }

    func perform(_ action: Action, for machine: UpdateMachine) -> [Event] {
        // Power may fail between any two actions.
        if chance(0...2000) == 0 { wasPowerCut = true }
        guard !wasPowerCut else { return [] }
        do throws(Fault) {
            return try act(action, machine)
        } catch {
            breaches.append("\(action): \(error.description)")
            return []
        }
    }

    private func act(_ action: Action, _ machine: UpdateMachine) throws(Fault) -> [Event] {
        switch action {
        case .recover:
            _ = try store.recover("nacelle run")
            return [.recovered(StoreFacts(try store.snapshot(), isBusy: false))]
        case .look:
            // One at a time.
            if look != nil { look?.isAskedAgain = true } else { try beginLook() }
        case .gate(let stage):
            let isOpen = chance(0...2) > 0
            schedule(
                after: 1, .event(isOpen ? .gateOpen(stage) : .gateClosed(stage, ["a window"])))
        case .prepare:
            isStopped = false
            schedule(after: chance(1...600), .prepare(step: 0))
        case .stop: isStopped = true
        case .activate: schedule(after: 1, .activate(step: 0))
        case .leave(let failure):
            if let slot = try store.snapshot().current {
                _ = try store.fallBack(
                    from: slot, reason: failure.message, denying: false, probation: nil, "run")
            }
            return [.fellBack(failure)]
        case .tell(let report): try outbox.add(report.told(details: []), once: nil)
        case .close(let report):
            count("\(machine.state)")
            if let report {
                try checkTruth(report)
                let key = machine.work?.target.key ?? ""
                try outbox.add(report.told(details: []), once: "\(key)#\(machine.round)")
                if look != nil { look = (isOutdated: true, isAskedAgain: false) }
            }
            return [.reported]
        case .wait(let timer, let wait):
            queue.removeAll { entry in
                if case .timer(let other) = entry.happening { other == timer } else { false }
            }
            schedule(after: times.time(of: wait).components.seconds, .timer(timer))
        }
        return []
    }

    private func beginLook() throws(Fault) {
        look = (isOutdated: false, isAskedAgain: false)
        schedule(after: chance(1...20), .looked(try answer()))
    }

    private func answer() throws(Fault) -> Event {
        guard isOnline else { return .lookFailed(Failure(.network, "no answer")) }
        count("looks")
        try deliver()
        return .looked(try server.answer(store, now: now))
    }

    /// What waits is told, as the outbox delivers it.
    private func deliver() throws(Fault) {
        for entry in try outbox.entries() {
            server.take(entry.report)
            try outbox.remove(entry)
        }
    }
}
