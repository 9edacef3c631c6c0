internal import Faults
internal import Sealing

/// Finds for each file of the new version what of the base it may be made from.
///
/// The same content first, wherever it stands; then the file of the same path; then those that share
/// most of its content, by samples that the content itself chooses, so that a renamed, divided or
/// joined file finds its base; and where nothing is shared, the file of the most similar name.
struct BaseFinder {
    /// What was found for a file.
    struct Match: Sendable {
        /// A file with the same content; `nil` where there is none.
        var same: Int?
        /// Numbers of the files to search in, the likeliest first.
        var bases: [Int] = []
    }

    // One position in so many is a sample.
    private static let sampleBits: UInt64 = 9
    private static let most = 4
    // A file must hold one in so many of the samples to be worth searching.
    private static let share = 20

    private let old: FileSpace
    private let digests: [Digest: Int]
    private let paths: [String: Int]
    private let samples: [UInt64: Int32]

    /// Learns what the base holds.
    init(_ old: FileSpace, workers: Int) throws(Fault) {
        self.old = old
        var digests: [Digest: Int] = [:]
        var paths: [String: Int] = [:]
        var samples: [UInt64: Int32] = [:]
        let found = try ParallelWork.map(old.files, workers: workers) { (file) throws(Fault) in
            (
                try old.withBytes(file.range) { (bytes) throws(Fault) in
                    try BaseFinder.digest(bytes)
                }, BaseFinder.samples(old, file.range)
            )
        }
        for (number, file) in old.files.enumerated() {
            paths[file.path] = number
            if digests[found[number].0] == nil { digests[found[number].0] = number }
            for sample in found[number].1 where samples[sample] == nil {
                samples[sample] = Int32(number)
            }
        }
        self.digests = digests
        self.paths = paths
        self.samples = samples
    }

    private static func digest(_ bytes: Span<UInt8>) throws(Fault) -> Digest {
        var sha = try SHA256()
        return try sha.digest(bytes)
    }

    /// Hashes of the 64 bytes before each place that its content makes a sample.
    private static func samples(_ space: FileSpace, _ range: Range<Int>) -> [UInt64] {
        let gear = GearTable.values
        var samples: [UInt64] = []
        var hash: UInt64 = 0
        var position = range.lowerBound
        while position < range.upperBound {
            hash = (hash &<< 1) &+ gear[Int(space.byte(position))]
            position &+= 1
            if hash >> (64 - sampleBits) == 0, position - range.lowerBound >= 64 {
                samples.append(hash)
            }
        }
        return samples
    }

    /// Finds what a file may be made from.
    func match(_ file: FileSpace.File, of new: FileSpace) throws(Fault) -> Match {
        let digest = try new.withBytes(file.range) { (bytes) throws(Fault) in
            try BaseFinder.digest(bytes)
        }
        let own = paths[file.path]
        if let same = digests[digest] {
            return Match(same: same, bases: [])
        }
        var votes: [Int32: Int] = [:]
        let samples = BaseFinder.samples(new, file.range)
        for sample in samples {
            if let owner = self.samples[sample] { votes[owner, default: 0] += 1 }
        }
        let enough = max(2, samples.count / BaseFinder.share)
        var bases = votes.filter { $0.value >= enough }
            .sorted { ($0.value, $1.key) > ($1.value, $0.key) }
            .prefix(BaseFinder.most).map { Int($0.key) }
        if let own {
            bases.removeAll { $0 == own }
            bases.insert(own, at: 0)
        }
        if bases.isEmpty, let like = mostSimilarName(file) { bases = [like] }
        return Match(same: nil, bases: bases)
    }

    /// The file with the most similar path, of those that are not much larger or smaller.
    private func mostSimilarName(_ file: FileSpace.File) -> Int? {
        let size = file.range.count
        var best = 0
        var number: Int?
        for (candidate, other) in old.files.enumerated()
        where other.range.count / 2 <= size && size / 2 <= other.range.count {
            let start = zip(file.path.utf8, other.path.utf8).prefix { $0 == $1 }.count
            let end = zip(file.path.utf8.reversed(), other.path.utf8.reversed())
                .prefix { $0 == $1 }.count
            let common = min(start + end, file.path.utf8.count, other.path.utf8.count)
            if 2 * common >= file.path.utf8.count, common > best {
                (best, number) = (common, candidate)
            }
        }
        return number
    }
}
