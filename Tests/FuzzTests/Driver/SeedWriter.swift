import DurableFiles
import Faults

/// Writes the seeds.
///
/// They are inputs that the readers take, made by this project's own writers, and a few that they
/// refuse late; the same at each run, but for keys, boxes and certificates.
struct SeedWriter {
    private let folder: String

    /// Writes all of them, in place of those that stand there.
    static func write(below path: String) throws {
        let writer = SeedWriter(folder: path)
        let root = try Directory.open(path: path)
        for name in try root.names() { try root.removeTree(name) }
        try BundleSeeds.write(writer)
        try TrustSeeds.write(writer)
        try TextSeeds.write(writer)
        try StoreSeeds.write(writer)
        try FileSeeds.write(writer)
    }

    /// Writes a seed that its reader must take.
    func good(_ target: String, _ bytes: [UInt8], _ number: Int = 1) throws {
        try put(target, "good-\(number)", bytes)
    }

    /// Writes a seed that its reader must take.
    func good(_ target: String, _ text: String, _ number: Int = 1) throws {
        try good(target, Array(text.utf8), number)
    }

    /// Writes a seed that its reader may refuse.
    func other(_ target: String, _ bytes: [UInt8], _ number: Int = 1) throws {
        try put(target, "other-\(number)", bytes)
    }

    private func put(_ target: String, _ name: String, _ bytes: [UInt8]) throws {
        let place = try Directory.open(path: folder).openOrMake(target)
        try place.create(name).write(bytes.span, name)
    }
}
