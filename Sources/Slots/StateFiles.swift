public import DurableFiles
public import Faults

/// Small files of `state/` whose content others know: progress, evidence, results.
extension Store {
    /// Reads a file of `state/`; `nil` where there is none.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - limit: the most bytes that it may have.
    /// - Returns: its bytes.
    /// - Throws: a `Fault`, also where it is longer.
    public func readState(_ name: String, limit: Int) throws(Fault) -> [UInt8]? {
        try state.read(name, limit: limit)
    }

    /// Puts a file of `state/` in place, durably.
    ///
    /// What is set aside for a full disk is not used for it: a fallback needs that.
    public func writeState(_ name: String, _ bytes: [UInt8]) throws(Fault) {
        try state.put(name, with: bytes)
    }

    /// Removes a file of `state/`, durably; one that is not there is no error.
    public func removeState(_ name: String) throws(Fault) {
        guard try state.info(name) != nil else { return }
        try state.remove(name)
        try state.sync()
    }

    /// Takes the lock under which the spare slot is either written or proved.
    ///
    /// It is not the filler's, who holds that over both, and lets this one go where another process
    /// is to prove the slot for him.
    public func lockProving(_ command: String) throws(Fault) -> FileLock {
        try FileLock.take("proving.lock", in: state, holder: command)
    }
}
