public import DurableFiles
public import Faults
internal import StrictJSON

/// What a store keeps of whom it trusts: later roots, a repository's metadata, the last trusted time.
extension Store {
    /// The path of that directory in the store at a path, which need not be there.
    public static func rootsPath(_ store: String) -> String { store + "/state/roots" }

    /// The directory of the roots that followed the shipped one.
    public func rootsDirectory() throws(Fault) -> Directory {
        try state.openOrMake("roots", mode: 0o700)
    }

    /// The directory of a repository's metadata as it was verified last.
    public func metadataDirectory() throws(Fault) -> Directory {
        try state.openOrMake("trust", mode: 0o700)
    }

    /// Takes the lock under which roots and metadata are changed; waits up to ten seconds.
    public func lockTrust(_ command: String) throws(Fault) -> FileLock {
        try FileLock.take("trust.lock", in: state, holder: command, patience: 10_000)
    }

    /// Another owner of `state/`, for the count of the month's bytes.
    public func trafficDirectory() throws(Fault) -> Directory { try state.duplicate() }

    /// The last time that was trusted, in seconds since 1970; `nil` where there is none.
    ///
    /// One that cannot be read counts as none: it only ever keeps this machine back.
    public func clockFloor() -> Int64? {
        guard let bytes = (try? state.read("clock.json", limit: 4096)) ?? nil,
            let json = try? JSONReader.read(bytes, limits: JSONLimits(bytes: 4096)),
            let fields = try? JSONFields(json, path: "clock")
        else { return nil }
        return try? fields.integer("floor", in: 0...Int64(1) << 40)
    }

    /// Raises the last trusted time, durably; it never goes back.
    ///
    /// Less than an hour is not worth a write. What is set aside for a full disk is never used for
    /// it: a rollback needs that.
    public func raiseClockFloor(to time: Int64) throws(Fault) {
        if let floor = clockFloor(), time < floor + 3600 { return }
        try state.put(
            "clock.json", with: JSONValue.members([("floor", .integer(time))]).pretty)
    }
}
