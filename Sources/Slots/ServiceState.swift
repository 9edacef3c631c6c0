public import DurableFiles
public import Faults

/// What the service keeps in `state/`, and by which others know of it.
extension Store {
    /// The directory in which people leave what they ask of the service.
    public func requestsDirectory() throws(Fault) -> Directory {
        try state.openOrMake("requests", mode: 0o700)
    }

    /// Takes the lock of the one service that a store has.
    ///
    /// - Parameter command: who it is, for people.
    /// - Returns: the lock.
    /// - Throws: a `Fault` of code `busy` where a service runs already.
    public func lockService(_ command: String) throws(Fault) -> FileLock {
        do throws(Fault) {
            return try FileLock.take("service.lock", in: state, holder: command)
        } catch  where error.code == .busy {
            throw Fault(
                .busy, "A service looks after this store already: \(serviceHolder() ?? "?").",
                advice: "Stop it first, or ask it: nacelle update.")
        }
    }

    /// Who the running service is; `nil` where none runs.
    public func serviceHolder() -> String? { FileLock.holder("service.lock", in: state) }
}
