internal import Faults
internal import Processes

/// Looks at the unit of the application again and again, but not at every quick probe.
struct UnitWatch {
    private let activation: Activation
    private var next: Deadline?
    /// What systemd said last; `nil` where there is no unit, or nobody said it.
    private(set) var last: UnitReport?

    private static let interval = Duration.milliseconds(500)

    init(_ activation: Activation) {
        self.activation = activation
    }

    /// Looks, where it is time to.
    ///
    /// - Parameter checkpoint: when it throws, systemd is no longer waited for.
    /// - Returns: whether ``last`` is new.
    /// - Throws: what `checkpoint` throws, or a `Fault` where systemd cannot even be asked.
    mutating func look(checkpoint: () throws(Fault) -> Void) throws(Fault) -> Bool {
        guard activation.settings.unit != nil, next?.passed ?? true else { return false }
        last = try activation.report(checkpoint: checkpoint)
        next = Deadline(after: UnitWatch.interval)
        return last != nil
    }
}
