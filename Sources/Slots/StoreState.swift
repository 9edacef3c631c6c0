public import Faults
internal import DurableFiles
internal import Glibc
internal import StrictJSON

/// The lowest release that is still accepted.
public struct Floor: Sendable, Equatable {
    /// The highest release that ever became good here.
    public var identity: VersionIdentity
}

extension Store {

    // MARK: Application

    /// The application that this store is bound to; `nil` before the first install.
    ///
    /// The record of the running version says it as well: where the file was damaged, the machine
    /// must not refuse every bundle from then on.
    public func application() throws(Fault) -> String? {
        if let running = (try? snapshot())?.running { return running.identity.application }
        guard let bytes = try state.read("application", limit: 128) else { return nil }
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }

    /// Binds the store to an application, for good.
    public func bind(to application: String) throws(Fault) {
        try state.put("application", with: Array((application + "\n").utf8))
    }

    // MARK: Floor

    /// The floor; `nil` where there is none yet, or it was lost.
    public func floor() throws(Fault) -> Floor? {
        guard let bytes = try state.read("floor.json", limit: 4096) else { return nil }
        do throws(Fault) {
            let json = try JSONReader.read(bytes, limits: JSONLimits(bytes: 4096))
            return Floor(identity: try VersionIdentity(JSONFields(json, path: "floor")))
        } catch {
            throw Fault(
                .storeDamaged,
                "The floor \(path)/state/floor.json cannot be read: "
                    + error.message, advice: "Remove the file; it is rebuilt from the records.")
        }
    }

    /// Raises the floor, durably; a lower counter than the present one changes nothing.
    public func raiseFloor(to identity: VersionIdentity) throws(Fault) {
        let present = try? floor()
        guard identity.releaseCounter > present?.identity.releaseCounter ?? 0 else { return }
        try replace("floor.json", in: state, with: JSONValue.members(identity.members).pretty)
    }

    // MARK: Cancel

    /// Asks whoever fills the spare slot to stop, durably.
    public func requestCancel(_ why: String) throws(Fault) {
        try replace("cancel", in: state, with: Array((why + "\n").utf8))
    }

    /// Why the filler is asked to stop; `nil` where it is not.
    public func cancelRequest() throws(Fault) -> String? { try Store.cancelRequest(in: state) }

    /// Forgets an earlier request; by the filler alone, when it begins.
    public func clearCancel() throws(Fault) {
        try state.remove("cancel")
        try state.sync()
    }
}
