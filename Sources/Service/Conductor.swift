// Service: performs what the machine decides. `nacelle run` and everything behind it: the loop, the
// children, the timers, what is told to the rollout server and to people.

public import UpdateMachine

/// Feeds a machine: event in, machine saved, actions performed, and their answers in turn.
public final class Conductor {
    /// The machine.
    public private(set) var machine: UpdateMachine
    private let world: any World
    private var waiting: [Event] = []
    private var isFeeding = false
    /// Whether something happened that could not be saved, so that nobody knows where things stand.
    private var isLost = false

    /// Takes a machine and the world that it acts on.
    public init(_ machine: UpdateMachine, _ world: any World) {
        self.machine = machine
        self.world = world
    }

    /// Takes over a configuration that was read anew.
    public func configure(_ settings: Settings) { machine.configure(settings) }

    /// Takes in an event and all that follows from it at once.
    ///
    /// Where the machine cannot be saved nothing is performed: the service then goes through its
    /// recovery again and again until the disk takes what it writes.
    ///
    /// - Parameter event: what happened.
    public func feed(_ event: Event) {
        waiting.append(event)
        guard !isFeeding else { return }
        isFeeding = true
        defer { isFeeding = false }
        while !waiting.isEmpty {
            var next = waiting.removeFirst()
            if isLost, next == .timeUp(.step) { next = .started }
            let before = machine
            let actions = machine.handle(next)
            guard world.save(machine) else {
                machine = before
                waiting = []
                isLost = true
                world.show(machine)
                // Started anew then, the machine finds out from the store where things stand.
                _ = world.perform(.wait(.step, .retry(attempts: 1)), for: machine)
                return
            }
            if next == .started { isLost = false }
            world.show(machine)
            for action in actions { waiting += world.perform(action, for: machine) }
        }
    }
}
