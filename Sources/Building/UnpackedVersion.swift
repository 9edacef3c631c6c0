internal import Archive
internal import Bundle
internal import DurableFiles
internal import Faults
internal import Install
internal import Sealing

/// A verified bundle's tree in a directory of this process's own, which goes with it.
///
/// It stands beside the output, under a name that begins with a dot; the remainder of a command that
/// was killed is cleared by the next one.
struct UnpackedVersion: ~Copyable {
    /// The tree, listed.
    let tree: TreeReader
    /// All of its files.
    let space: FileSpace
    /// The same files, for reading ranges by path.
    let files: TreeFiles
    private let directory: RemovedDirectory

    /// A directory that is removed with everything in it when its owner goes.
    private struct RemovedDirectory: ~Copyable {
        let parent: Directory
        let name: String

        deinit { try? parent.removeTree(name) }
    }

    /// Unpacks a bundle and holds the tree against the manifest.
    ///
    /// - Parameters:
    ///   - bundle: the bundle.
    ///   - keys: its keys; `nil` for an unsealed one.
    ///   - output: the path beside which the directory is made.
    ///   - suffix: what makes its name different from others.
    ///   - progress: told of the bytes done and of all of them.
    /// - Returns: the tree.
    /// - Throws: a `Fault` where the bundle is not what its manifest says, or of the disk.
    static func unpack(
        _ bundle: VerifiedBundle, keys: borrowing ContentKeys?, beside output: String,
        suffix: String, progress: @escaping (Int64, Int64) -> Void
    ) throws(Fault) -> UnpackedVersion {
        let place = try FilePlace(output)
        let parent = try Directory.open(path: place.parent)
        let name = ".\(place.name).\(suffix)"
        try parent.removeTree(name)
        let root = try parent.make(name, mode: 0o700)
        let directory = RemovedDirectory(parent: parent, name: name)
        let writer = try TreeWriter(below: root)
        try bundle.unpack(keys: keys, into: writer) { (done) throws(Fault) in
            progress(done.plain, done.plainTotal)
        }
        try writer.finish()
        let found = try TreeScanner(reading: .cached, refusal: .storage).scan(root)
        guard found.digest == bundle.manifest.tree.digest else {
            throw Fault(
                .malformed,
                "The tree of \(bundle.manifest.version) has the digest \(found.digest.hex); the "
                    + "manifest says \(bundle.manifest.tree.digest.hex).")
        }
        let tree = try TreeReader.list(root)
        let space = try FileSpace(tree)
        return UnpackedVersion(
            tree: tree, space: space, files: try TreeFiles(root), directory: directory)
    }

    private init(
        tree: consuming TreeReader, space: FileSpace, files: TreeFiles,
        directory: consuming RemovedDirectory
    ) {
        self.tree = tree
        self.space = space
        self.files = files
        self.directory = directory
    }
}
