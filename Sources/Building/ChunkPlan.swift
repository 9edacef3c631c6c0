/// A chunk of a file of the new version: how long it is, and what it may be made from.
struct ChunkPlan: Equatable, Sendable {
    /// Where in the new version's space it begins.
    let position: Int
    /// Its bytes.
    let length: Int
    /// The width of the numbers in it, as far as is known.
    var width = 1
    /// Where in the base's space an equally long range stands that is like it.
    var base: Int?
    /// Whether it is that range.
    var isCopy = false
    /// What of the base's space may be its dictionary.
    var dictionary: Range<Int>?

    /// The numbers of the base's files that it refers to.
    func bases(in old: FileSpace) -> [Int] {
        [base, dictionary?.lowerBound].compactMap { $0.map(old.file(at:)) }
    }

    /// Leaves the bytes to themselves.
    mutating func forgetBase() {
        base = nil
        isCopy = false
        dictionary = nil
    }
}
