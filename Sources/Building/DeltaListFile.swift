internal import Bundle
internal import DurableFiles
public import Faults
internal import Signing
internal import StrictJSON
internal import Trust

/// The signed list of deltas in a file beside a full bundle.
public enum DeltaListFile {
    /// The path of a full bundle's list.
    public static func path(of bundle: String) -> String { bundle + DeltaList.suffix }

    /// Whether two paths name files of the same directory.
    ///
    /// - Parameters:
    ///   - first: a path; its directory must exist.
    ///   - second: another.
    /// - Returns: whether they stand side by side.
    /// - Throws: a `Fault` where a directory cannot be opened.
    public static func areSideBySide(_ first: String, _ second: String) throws(Fault) -> Bool {
        let one = try Directory.open(path: try FilePlace(first).parent).info()
        let other = try Directory.open(path: try FilePlace(second).parent).info()
        return one.device == other.device && one.inode == other.inode
    }

    /// Puts a delta into the list of its full bundle, and signs the list anew.
    ///
    /// A list of another bundle of that name is replaced whole.
    ///
    /// - Parameters:
    ///   - result: the delta.
    ///   - file: its file, beside the full bundle.
    ///   - bundle: the full bundle's path.
    ///   - root: the root of trust's file, which what stands in the present list must be signed under.
    ///   - signingKeys: signing key files.
    /// - Returns: how many deltas the list has now.
    /// - Throws: a `Fault` of keys or of the disk, or of a present list that is not acceptable.
    public static func put(
        _ result: DeltaBuilder.Result, file: String, beside bundle: String, root: String,
        signingKeys: [String]
    ) throws(Fault) -> Int {
        let place = try FilePlace(path(of: bundle))
        let directory = try Directory.open(path: place.parent)
        let manifest = result.bundle.manifest
        var list = DeltaList(of: result.full)
        if let bytes = try directory.read(place.name, limit: DSSEEnvelope.limit) {
            do throws(Fault) {
                let present = try read(bytes, root: root)
                if present.belongs(to: result.full) { list = present }
            } catch {
                throw Fault(
                    error.code, "\(place.name) is not acceptable: \(error.message)",
                    advice: "Remove it to begin a new list, or use --no-list.",
                    cause: error.cause)
            }
        }
        try list.put(
            DeltaList.Entry(
                file: try FilePlace(file).name, bundle: manifest.bundle,
                baseTree: result.base.baseTree, baseVersion: result.base.baseVersion,
                length: result.bundle.fileLength, index: manifest.index.length,
                pack: manifest.packLength))
        let payload = list.json.compact
        guard try DeltaList(reading: payload) == list else {
            throw Fault(.internalError, "The delta list does not read back as it was written.")
        }
        let envelope = try PayloadSigner.sign(payload, type: .deltaList, keyFiles: signingKeys)
        try directory.replace(place.name, with: try envelope.encode())
        return list.deltas.count
    }

    /// Reads and verifies a list.
    ///
    /// - Parameters:
    ///   - bytes: the file.
    ///   - root: the root of trust's file.
    /// - Returns: the list.
    /// - Throws: a `Fault` of code `malformed`, `unsupported` or `untrusted`.
    static func read(_ bytes: [UInt8], root: String) throws(Fault) -> DeltaList {
        let root = try VerifiedRoot.load(try FilePlace.read(root, limit: RootMetadata.limit))
        let envelope = try DSSEEnvelope(bytes)
        let payload = try envelope.verify(type: .deltaList, role: root.keys(of: .targets))
        return try DeltaList(reading: payload.bytes)
    }
}
