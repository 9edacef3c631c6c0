public import Faults
internal import DurableFiles
internal import Glibc
internal import StrictJSON

/// A version that is never tried again by itself, and why.
public struct Denial: Sendable, Equatable {
    /// The version.
    public var identity: VersionIdentity
    /// Why, for people.
    public var reason: String
    /// When, in seconds since 1970; for people only.
    public var at: Int64
}

/// The lowest release that is still accepted.
public struct Floor: Sendable, Equatable {
    /// The highest release that ever became good here.
    public var identity: VersionIdentity
}

extension Store {
    private static let stateLimit = 1 << 20
    private static let deniedLimit = 1024

    // MARK: Application

    /// The application that this store is bound to; `nil` before the first install.
    public func application() throws(Fault) -> String? {
        guard let bytes = try state.read("application", limit: 128) else { return nil }
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }

    /// Binds the store to an application, for good.
    public func bind(to application: String) throws(Fault) {
        try state.replace("application", with: Array((application + "\n").utf8))
    }

    // MARK: Denials

    /// The denied versions, oldest first.
    public func denials() throws(Fault) -> [Denial] {
        do throws(Fault) {
            return try readDenials()
        } catch  where error.code == .malformed {
            throw Fault(
                .storeDamaged,
                "The list of denied versions \(path)/state/denied.json cannot be "
                    + "read: \(error.message)",
                advice: "Move the file away; what was denied is then forgotten.")
        }
    }

    private func readDenials() throws(Fault) -> [Denial] {
        guard let bytes = try state.read("denied.json", limit: Store.stateLimit) else { return [] }
        let json = try JSONReader.read(bytes, limits: JSONLimits(bytes: Store.stateLimit))
        let fields = try JSONFields(json, path: "denied")
        var denials: [Denial] = []
        for value in try fields.array("denied", limit: Store.deniedLimit) {
            let entry = try JSONFields(value, path: "denied")
            denials.append(
                Denial(
                    identity: try VersionIdentity(entry),
                    reason: try entry.string("reason", limit: 64 << 10),
                    at: try entry.integer("at", in: 0...Int64.max)))
        }
        return denials
    }

    /// Denies a version, durably; one that is denied already stays so.
    public func deny(_ identity: VersionIdentity, reason: String) throws(Fault) {
        var denials = try readableDenials()
        guard !denials.contains(where: { $0.identity.isSameRelease(as: identity) }) else { return }
        denials.append(
            Denial(
                identity: identity, reason: Fault.clause(String(reason.prefix(1000))),
                at: Int64(time(nil))))
        try write(Array(denials.suffix(Store.deniedLimit)))
    }

    /// Takes back the denial of a version, durably.
    public func allow(_ identity: VersionIdentity) throws(Fault) {
        var denials = try readableDenials()
        let before = denials.count
        denials.removeAll { $0.identity.isSameRelease(as: identity) }
        if denials.count < before { try write(denials) }
    }

    /// A damaged list must not keep a machine from falling back: it is begun anew, and the damaged
    /// one kept beside it.
    private func readableDenials() throws(Fault) -> [Denial] {
        do throws(Fault) {
            return try denials()
        } catch  where error.code == .storeDamaged {
            try state.rename("denied.json", to: "denied.damaged.json")
            note("denials-lost", tree: nil, identity: nil, detail: error.message)
            return []
        }
    }

    private func write(_ denials: [Denial]) throws(Fault) {
        let list = denials.map { denial in
            JSONValue.members(
                denial.identity.members + [
                    ("reason", .string(denial.reason)), ("at", .integer(denial.at)),
                ])
        }
        try replace(
            "denied.json", in: state, with: JSONValue.members([("denied", .array(list))]).pretty)
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
