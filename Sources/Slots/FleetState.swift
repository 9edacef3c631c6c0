public import DurableFiles
public import Faults

/// What a store keeps of a rollout server: the offer that is worked on, and the reports that wait.
extension Store {
    private static let offerFile = "offer.json"

    /// The directory of the reports that wait for the server.
    public func outboxDirectory() throws(Fault) -> Directory {
        try state.openOrMake("outbox", mode: 0o700)
    }

    /// The offer that is worked on, as it was written; `nil` where there is none.
    ///
    /// - Parameter limit: the most bytes that it may have.
    /// - Returns: its text.
    /// - Throws: a `Fault`.
    public func offer(limit: Int) throws(Fault) -> [UInt8]? {
        try state.read(Store.offerFile, limit: limit)
    }

    /// The offer in the store at a path, which need not be there, before the store is opened.
    ///
    /// - Parameters:
    ///   - path: the store's path.
    ///   - limit: the most bytes that it may have.
    /// - Returns: its text; `nil` where there is no store or no offer.
    /// - Throws: a `Fault`.
    public static func offer(at path: String, limit: Int) throws(Fault) -> [UInt8]? {
        do throws(Fault) {
            return try Directory.open(path: path + "/state").read(offerFile, limit: limit)
        } catch  where error.code == .notFound {
            return nil
        }
    }

    /// Writes the offer to work on, durably; the same again costs nothing.
    public func writeOffer(_ bytes: [UInt8]) throws(Fault) {
        guard try state.read(Store.offerFile, limit: max(bytes.count, 1 << 20)) != bytes else {
            return
        }
        try state.put(Store.offerFile, with: bytes)
    }

    /// Forgets the offer, durably; where there is none it costs nothing.
    public func removeOffer() throws(Fault) {
        guard try state.info(Store.offerFile) != nil else { return }
        try state.remove(Store.offerFile)
        try state.sync()
    }
}
