internal import Archive
internal import DurableFiles
internal import Faults
internal import Glibc

/// A source tree as a machine would have it, in a directory of this process's own, which goes with it.
///
/// It stands beside the output, under a name that begins with a dot; the remainder of a command that was
/// killed is cleared by the next one.
struct StandingTree: ~Copyable {
    /// The tree, opened by its absolute path.
    let root: Directory
    private let parent: Directory
    private let name: String

    /// Puts a tree together.
    ///
    /// - Parameters:
    ///   - tree: the tree.
    ///   - output: the path beside which the directory is made.
    ///   - progress: told of the bytes written and of all of them.
    /// - Returns: the tree.
    /// - Throws: a `Fault` of a file that cannot be read, or of the disk.
    static func make(
        _ tree: borrowing SourceTree, beside output: String,
        progress: (_ phase: String, _ done: Int64, _ total: Int64) -> Void
    ) throws(Fault) -> StandingTree {
        let place = try FilePlace(output)
        let parent = try Directory.open(path: try AbsolutePath.of(place.parent))
        let name = ".\(place.name).reference"
        try parent.removeTree(name)
        let standing = StandingTree(
            root: try parent.make(name, mode: 0o700), parent: parent, name: name)
        let writer = try TreeWriter(below: standing.root)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var done: Int64 = 0
        for entry in tree.entries {
            try writer.begin(entry.archive)
            if entry.archive.kind == .file, entry.archive.size > 0 {
                let file = try tree.open(entry)
                var offset: Int64 = 0
                while true {
                    let count = try file.read(
                        into: &buffer, count: buffer.count, entry.archive.path)
                    guard count > 0 else { break }
                    try writer.data(buffer.span.extracting(0..<count), at: offset)
                    offset += Int64(count)
                    done += Int64(count)
                    progress("Putting the tree together", done, tree.bytes)
                }
            }
            try writer.end()
        }
        try writer.finish()
        return standing
    }

    deinit { try? parent.removeTree(name) }
}
