internal import Sealing
internal import StrictJSON
internal import Archive
internal import DurableFiles
public import Faults
public import Slots

/// Reads a slot from the disk and holds it against its record.
public struct SlotVerification {
    private let configuration: Configuration
    private let reporter: any Reporter

    /// Makes the operation.
    public init(_ configuration: Configuration, reporter: any Reporter) {
        self.configuration = configuration
        self.reporter = reporter
    }

    /// Verifies one slot or the factory tree, or every tree that should be whole.
    ///
    /// - Parameters:
    ///   - store: the store's path where the command names one.
    ///   - slot: the tree; `nil` for all.
    /// - Throws: a `Fault` of code `slot-altered` for the first that is not whole.
    public func run(store: String?, slot: TreeName?) throws(Fault) {
        let open = try Store.open(path: try configuration.storePath(store))
        try open.confine(.store)
        let snapshot = try open.snapshot()
        if slot == nil {
            try snapshot.checkLink(store: open.path)
            // What runs must be among what is verified, else “all” would be said of less.
            if let named = snapshot.named, snapshot.running?.whole != true {
                throw Fault(
                    .storeDamaged,
                    "\(named.heading) runs, and it "
                        + "\(snapshot.describe(tree: named)); it cannot be verified.",
                    advice: "Roll back to a whole version, or install one.")
            }
        }
        var found = 0
        var failure: Fault?
        for name in TreeName.allCases where slot == nil || slot == name {
            guard case .record(let record) = snapshot.reading(of: name), record.whole else {
                if slot == name {
                    throw Fault(
                        .notFound,
                        "\(name.heading) \(snapshot.describe(tree: name)); there is "
                            + "nothing whole to verify in it.")
                }
                continue
            }
            found += 1
            do throws(Fault) {
                try verify(name, record, open)
            } catch  where error.code == .slotAltered || error.code == .readBack {
                reporter.say(error.description, event: "altered")
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        guard found > 0 else {
            throw Fault(
                .notFound, "No slot of \(open.path) holds a whole version.",
                advice: "Install a bundle: nacelle install FILE.")
        }
    }

    private func verify(
        _ name: TreeName, _ record: SlotRecord, _ store: borrowing Store
    ) throws(Fault) {
        let summary = try SlotVerification.scan(name, record, store, reporter)
        reporter.say(
            "\(name.heading): version \(record.identity.version) is whole "
                + "(\(summary.entries) entries, \(summary.bytes) bytes, tree "
                + "\(summary.digest.short)…).", event: "verified",
            facts: [
                ("slot", .string(name.rawValue)), ("version", .string(record.identity.version)),
                ("tree", .string(summary.digest.hex)), ("entries", .integer(summary.entries)),
                ("bytes", .integer(summary.bytes)),
            ])
    }

    /// Reads a slot that was proved before, once more before it is swapped in: days may lie between.
    ///
    /// What does not come back as it was written is not ready any more.
    ///
    /// - Throws: a `Fault` of code `slot-altered`.
    static func confirmReady(
        _ slot: SlotName, _ record: SlotRecord, _ store: borrowing Store, _ reporter: any Reporter
    ) throws(Fault) {
        do throws(Fault) {
            _ = try scan(slot.tree, record, store, reporter)
        } catch  where error.code == .slotAltered {
            var record = record
            record.state = .filling
            record.whole = false
            try store.write(record, of: slot)
            try store.clearFilling()
            throw Fault(
                error.code, error.message,
                advice: "The running version is untouched. Install it again; check the disk.")
        }
    }

    /// Reads a tree from the disk.
    ///
    /// - Throws: a `Fault` of code `slot-altered` where it is not what its record says, or
    ///   `read-back` where it cannot be read.
    static func scan(
        _ name: TreeName, _ record: SlotRecord, _ store: borrowing Store, _ reporter: any Reporter
    ) throws(Fault) -> TreeSummary {
        guard let slot = try store.openTree(name) else {
            throw altered(name, record, "its directory is gone")
        }
        let scanner = TreeScanner(
            reading: .uncached(allowVolatile: false), refusal: .slotAltered,
            progress: { done in reporter.progress("verify", done: done, total: 0) },
            checkpoint: Interruption.check)
        let summary = try scanner.scan(slot)
        guard summary.digest == record.identity.tree else {
            throw altered(
                name, record,
                "its tree digest is \(summary.digest.short)…, and the record says "
                    + "\(record.identity.tree.short)…")
        }
        return summary
    }

    private static func altered(_ name: TreeName, _ record: SlotRecord, _ what: String) -> Fault {
        Fault(
            .slotAltered,
            "\(name.heading) does not hold version \(record.identity.version) "
                + "as it was installed: \(what).",
            advice: "Install the version again (it is filled anew into the other slot where this "
                + "one runs), or roll back; check the disk.")
    }
}
