public import DurableFiles
public import Faults

/// What a store keeps of the model's health, and of the samples that wait to be pushed.
extension Store {
    /// Takes the lock under which the health is changed; waits up to two seconds.
    public func lockHealth(_ command: String) throws(Fault) -> FileLock {
        try FileLock.take("health.lock", in: state, holder: command, patience: 2000, readOnly: true)
    }

    /// The directory of the samples that wait to be pushed.
    public func telemetryDirectory() throws(Fault) -> Directory {
        try state.openOrMake("telemetry", mode: 0o700)
    }
}
