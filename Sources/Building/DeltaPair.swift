internal import Bundle
internal import DurableFiles
internal import Faults
internal import Install
internal import Sealing
internal import StrictJSON
internal import Transport
internal import Trust

/// The two bundles that a delta is made of, both signed under one root of trust.
struct DeltaPair {
    let old: VerifiedBundle
    let new: VerifiedBundle
    /// Bytes of the new one's file.
    let newLength: Int64

    /// What the delta's manifest says of them.
    var delta: Manifest.Delta {
        Manifest.Delta(
            baseTree: old.manifest.tree.digest, baseVersion: old.manifest.version,
            full: new.manifest.bundle)
    }

    /// Opens both and holds them against each other.
    static func open(old: String, new: String, root: String) throws(Fault) -> DeltaPair {
        let root = try VerifiedRoot.load(try FilePlace.read(root, limit: RootMetadata.limit))
        let newSource = try FileSource(path: new)
        let pair = DeltaPair(
            old: try open(try FileSource(path: old), root), new: try open(newSource, root),
            newLength: try newSource.length())
        try pair.check(old, new)
        return pair
    }

    private static func open(
        _ source: FileSource, _ root: VerifiedRoot
    ) throws(Fault) -> VerifiedBundle {
        do throws(Fault) {
            return try VerifiedBundle.open(source, root: root)
        } catch {
            throw error.during("Opening \(source.name)")
        }
    }

    private func check(_ oldPath: String, _ newPath: String) throws(Fault) {
        let (base, next) = (old.manifest, new.manifest)
        for (manifest, path) in [(base, oldPath), (next, newPath)] where manifest.delta != nil {
            throw Fault(
                .source, "\(path) is a delta itself; full bundles were expected.",
                advice: "Name the full bundle of \(manifest.version).")
        }
        guard base.application == next.application else {
            throw Fault(
                .source,
                "\(oldPath) holds the application “\(base.application)”, \(newPath) "
                    + "“\(next.application)”; two versions of one were expected.")
        }
        guard base.tree.digest != next.tree.digest else {
            throw Fault(
                .source,
                "\(oldPath) and \(newPath) hold the same tree (\(next.tree.digest.short)…).",
                advice: "A device that has it needs no delta.")
        }
    }
}
