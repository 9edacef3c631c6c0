public import DurableFiles
public import Faults

/// What the service keeps in `state/`, and by which others know of it.
extension Store {
    /// The directory in which people leave what they ask of the service.
    public func requestsDirectory() throws(Fault) -> Directory {
        // Not with what is set aside for a fallback: a service that ran once has made it.
        try state.openOrMake("requests", mode: 0o700)
    }

    /// What is set aside for requests.
    public func requestReserve() throws(Fault) -> RequestReserve {
        RequestReserve(try state.duplicate())
    }

    /// Leaves a request, durably; on a full disk in what is set aside for it.
    ///
    /// - Parameters:
    ///   - name: the request.
    ///   - bytes: what is said of it, at most ``RequestReserve/limit`` bytes.
    /// - Throws: a `Fault`.
    public func leaveRequest(_ name: String, _ bytes: [UInt8]) throws(Fault) {
        try requestReserve().leave(name, bytes, in: requestsDirectory())
    }

    /// Takes the lock of the one service that a store has.
    ///
    /// - Parameter command: who it is, for people.
    /// - Returns: the lock.
    /// - Throws: a `Fault` of code `busy` where a service runs already.
    public func lockService(_ command: String) throws(Fault) -> FileLock {
        do throws(Fault) {
            // A service that finds its disk read-only has to live to tell it.
            return try FileLock.take(
                "service.lock", in: state, holder: command, readOnly: true)
        } catch  where error.code == .busy {
            throw Fault(
                .busy, "A service looks after this store already: \(serviceHolder() ?? "?").",
                advice: "Stop it first, or ask it: nacelle update.")
        }
    }

    /// Who the running service is; `nil` where none runs.
    public func serviceHolder() -> String? { FileLock.holder("service.lock", in: state) }
}
