internal import Archive
internal import Bundle
internal import DurableFiles
internal import Faults
internal import Install
internal import Sealing
internal import Slots

/// One form in which a version can come, the full bundle or a delta, and how it would fill the spare.
struct Form: ~Copyable {
    let bundle: VerifiedBundle
    let keys: ContentKeys?
    /// What stands here already.
    let local: LocalChunks
    let plan: FillPlan
    /// Of a delta: the full bundle, for where the base is damaged; `nil` where it is not at hand.
    var full: FullStretch?

    /// What machines call it.
    var kind: String { bundle.manifest.delta == nil ? "full" : "delta" }
    /// Whether its bytes come over a network.
    var isRemote: Bool { bundle.origin.isRemote }

    /// What people call it.
    var title: String {
        guard let delta = bundle.manifest.delta else { return "the full bundle" }
        return "the delta from version \(delta.baseVersion)"
    }

    /// Looks what of the bundle stands here, and plans the rest.
    ///
    /// The index of a remote bundle is fetched for that, and kept in the store.
    ///
    /// - Parameters:
    ///   - bundle: the bundle, admitted.
    ///   - keys: its keys; `nil` for an unsealed one.
    ///   - spare: the slot to fill.
    ///   - store: the store.
    /// - Throws: a `Fault`; of code `base-damaged` for a delta of a version that does not run here.
    init(
        _ bundle: VerifiedBundle, keys: consuming ContentKeys?, spare: SlotName,
        _ store: borrowing Store
    ) throws(Fault) {
        let snapshot = try store.snapshot()
        let base = bundle.manifest.delta
        if let base, snapshot.running?.identity.tree != base.baseTree {
            throw Fault(
                .baseDamaged,
                "\(bundle.origin.name) is a delta of version \(base.baseVersion) (tree "
                    + "\(base.baseTree.short)…); "
                    + (snapshot.running.map {
                        "version \($0.identity.version) (tree \($0.identity.tree.short)…) runs here."
                    } ?? "nothing runs here."), advice: "Install the full bundle.")
        }
        let spooled = try bundle.spoolingIndex(in: try store.indexDirectory())
        let local = try Form.local(spooled, spare, snapshot, store)
        plan = try FillPlan.make(spooled, keys: keys, local: local)
        self.bundle = spooled
        self.keys = keys
        self.local = local
    }

    private static func local(
        _ bundle: VerifiedBundle, _ spare: SlotName, _ snapshot: StoreSnapshot,
        _ store: borrowing Store
    ) throws(Fault) -> LocalChunks {
        var journal: FillJournal?
        var spareFiles: TreeFiles?
        let stream = bundle.manifest.stream.digest
        if let record = snapshot.record(spare), record.state == .filling,
            record.identity == VersionIdentity(bundle.manifest),
            let directory = try store.openSlot(spare)
        {
            journal = Form.journal(stream, store)
            if journal != nil { spareFiles = try TreeFiles(directory) }
        }
        guard let named = snapshot.named, let record = snapshot.running, record.whole,
            let directory = try store.openTree(named)
        else { return LocalChunks(journal: journal, spareFiles: spareFiles) }
        return LocalChunks(
            running: index(of: named, record, store), runningFiles: try TreeFiles(directory),
            isBase: record.identity.tree == bundle.manifest.delta?.baseTree, journal: journal,
            spareFiles: spareFiles)
    }

    /// The journal of a filling of the same stream; one that cannot be read only costs bytes.
    private static func journal(_ stream: Digest, _ store: borrowing Store) -> FillJournal? {
        guard let notes = try? store.journalDirectory(),
            FillJournal.exists(in: notes, stream: stream)
        else { return nil }
        return try? FillJournal(in: notes, stream: stream, continuing: true)
    }

    /// The chunk index of a tree; one that is damaged or missing only costs bytes.
    private static func index(
        of tree: TreeName, _ record: SlotRecord, _ store: borrowing Store
    ) -> SlotIndex? {
        guard let digest = record.index.flatMap(Digest.init(hex:)),
            let file = (try? store.openIndex(of: tree)) ?? nil
        else { return nil }
        return try? SlotIndex.open(
            file, digest: digest, name: "the chunk index of \(tree.title)")
    }
}

extension Manifest {
    /// The id of the full bundle of this tree, in hexadecimal: what a slot's record holds.
    var fullBundle: String { Hex.encode(delta?.full ?? bundle) }
}
