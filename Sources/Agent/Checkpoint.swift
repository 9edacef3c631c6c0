internal import Faults
internal import Slots

/// What a long step asks between two pieces: whether a signal or a cancel request ends it.
struct Checkpoint {
    private let watch: CancelWatch

    /// Makes one for a store.
    init(_ store: borrowing Store) throws(Fault) {
        watch = try store.cancelWatch()
    }

    /// Ends the step where it is to end.
    ///
    /// - Throws: a fault of code `cancelled`.
    func check() throws(Fault) {
        try Interruption.check()
        try watch.check()
    }
}
