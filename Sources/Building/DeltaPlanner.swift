internal import Bundle
internal import Faults

/// Plans every file of the new version.
struct DeltaPlanner: Sendable {
    private let new: FileSpace
    private let old: FileSpace

    /// Plans a whole version.
    ///
    /// - Parameters:
    ///   - new: its files.
    ///   - old: the base's.
    ///   - workers: how many threads at most.
    /// - Returns: the chunks of each file, in the files' order.
    /// - Throws: a `Fault` where a digest cannot be had.
    static func plan(
        _ new: FileSpace, from old: FileSpace, workers: Int
    ) throws(Fault) -> [[ChunkPlan]] {
        let planner = DeltaPlanner(new: new, old: old)
        let finder = try BaseFinder(old, workers: workers)
        let bySize = new.files.indices.sorted {
            (new.files[$0].range.count, $1) > (new.files[$1].range.count, $0)
        }
        return try ParallelWork.map(new.files, workers: workers, order: bySize) {
            (file) throws(Fault) in
            planner.plan(file, try finder.match(file, of: new))
        }
    }

    /// The numbers of the base's files that plans refer to, ascending.
    ///
    /// An index lists so many paths at most; where plans refer to more, those that give least are
    /// done without.
    ///
    /// - Parameters:
    ///   - plans: the plans; they lose what they have from files that are not listed.
    ///   - old: the base's space.
    ///   - paths: how many paths there may be.
    ///   - bytes: how long they may be together.
    /// - Returns: the numbers; one at least, because a delta lists one even where none is of use.
    static func bases(
        of plans: inout [[ChunkPlan]], in old: FileSpace, paths: Int = BundleLimits.basePaths,
        bytes: Int = BundleLimits.basePathBytes
    ) -> [Int] {
        var gains: [Int: Int] = [:]
        for plan in plans.joined() {
            for number in plan.bases(in: old) { gains[number, default: 0] += plan.length }
        }
        var left = bytes
        let kept = gains.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(paths)
            .prefix { file in
                left -= old.files[file.key].path.utf8.count
                return left >= 0
            }
        let numbers = Set(kept.map(\.key))
        if numbers.count < gains.count {
            for file in plans.indices {
                for chunk in plans[file].indices
                where !numbers.isSuperset(of: plans[file][chunk].bases(in: old)) {
                    plans[file][chunk].forgetBase()
                }
            }
        }
        return numbers.isEmpty ? [0] : numbers.sorted()
    }

    private func plan(_ file: FileSpace.File, _ match: BaseFinder.Match) -> [ChunkPlan] {
        if let same = match.same {
            return ChunkPlanner.copy(of: file.range, from: old.files[same].range.lowerBound)
        }
        let bases = match.bases.map { old.files[$0].range }
        let table = BlockTable(old, bases)
        let likely = bases.first.map { likelyShifts(file.range, $0) } ?? []
        let pieces = Aligner.align(file.range, of: new, with: table, of: old, likely: likely)
        let filler = GapFiller(new: new, old: old)
        return ChunkPlanner.plan(filler.fill(pieces, likely: likely), of: new, from: old)
    }

    /// Distances by position: from the file's start, from its end, and from the end of a header.
    private func likelyShifts(_ file: Range<Int>, _ base: Range<Int>) -> [Int] {
        var shifts = [
            base.lowerBound - file.lowerBound, base.upperBound - file.upperBound,
        ]
        if file.count >= 8, base.count >= 8 {
            // safetensors begins with the length of its header.
            let (ours, theirs) = (new.word(file.lowerBound), old.word(base.lowerBound))
            if ours < file.count, theirs < base.count {
                shifts.append(shifts[0] + Int(theirs) - Int(ours))
            }
        }
        return shifts
    }
}
