public import UpdateMachine

/// Everything outside of the machine: performs an action, and brings its answer later.
public protocol World: AnyObject {
    /// Begins an action, or does it.
    ///
    /// - Parameters:
    ///   - action: what is to be performed.
    ///   - machine: the machine that decided it, saved already.
    /// - Returns: the events that are known at once.
    func perform(_ action: Action, for machine: UpdateMachine) -> [Event]

    /// Saves the machine durably before anything of what it decided is performed.
    ///
    /// - Returns: whether it is saved.
    func save(_ machine: UpdateMachine) -> Bool

    /// Looks at the machine after an event, for people who watch.
    func show(_ machine: UpdateMachine)
}
