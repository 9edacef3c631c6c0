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

/// The list of denied versions, and its copy.
extension Store {
    private static let deniedFile = "denied.json"
    /// Stands in for the list where the device gives back something else than was written.
    private static let deniedCopy = "denied.copy.json"
    private static let deniedBytes = 1 << 20
    private static let deniedLimit = 1024

    /// The denied versions, oldest first.
    ///
    /// - Throws: a `Fault` of code `storeDamaged` where neither the list nor its copy can be read.
    public func denials() throws(Fault) -> [Denial] {
        do throws(Fault) {
            if let denials = try readDenials(Store.deniedFile) { return denials }
        } catch  where error.code == .malformed {
            if let denials = copiedDenials { return denials }
            throw Fault(
                .storeDamaged,
                "The list of denied versions \(path)/state/\(Store.deniedFile) cannot be "
                    + "read: \(error.message)",
                advice: "Move the file away; what was denied is then forgotten.")
        }
        // It is never removed: where only the copy is there, something else removed it.
        return copiedDenials ?? []
    }

    private var copiedDenials: [Denial]? { (try? readDenials(Store.deniedCopy)) ?? nil }

    private func readDenials(_ name: String) throws(Fault) -> [Denial]? {
        guard let bytes = try state.read(name, limit: Store.deniedBytes) else { return nil }
        let json = try JSONReader.read(bytes, limits: JSONLimits(bytes: Store.deniedBytes))
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

    /// Has list and copy say the same again.
    ///
    /// - Returns: what was mended, in words; `nil` where the list can be read.
    func settleDenials() -> String? {
        if let denials = (try? readDenials(Store.deniedFile)) ?? nil {
            if copiedDenials != denials { copy(denials) }
            return nil
        }
        guard let denials = copiedDenials else { return nil }
        do throws(Fault) {
            try write(denials)
        } catch {
            // Both are read as before; the next command tries again.
            return nil
        }
        let line = "the list of denied versions was damaged, and was taken from its copy"
        note("recovered", tree: nil, identity: nil, detail: line)
        return "Recovery: \(line)."
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
            try state.rename(Store.deniedFile, to: "denied.damaged.json")
            note("denials-lost", tree: nil, identity: nil, detail: error.message)
            return []
        }
    }

    private func write(_ denials: [Denial]) throws(Fault) {
        try replace(Store.deniedFile, in: state, with: Store.json(denials))
        copy(denials)
    }

    /// Writes the copy; on a full disk it stays as it was, and the next recovery writes it.
    private func copy(_ denials: [Denial]) {
        try? state.put(Store.deniedCopy, with: Store.json(denials))
    }

    private static func json(_ denials: [Denial]) -> [UInt8] {
        let list = denials.map { denial in
            JSONValue.members(
                denial.identity.members + [
                    ("reason", .string(denial.reason)), ("at", .integer(denial.at)),
                ])
        }
        return JSONValue.members([("denied", .array(list))]).pretty
    }
}
