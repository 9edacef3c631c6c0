/// What a person may have meant.
enum Spelling {
    /// The known word nearest to `word`, where one is near enough to be meant.
    static func nearest(to word: String, among known: [String]) -> String? {
        let letters = Array(word.lowercased().unicodeScalars.prefix(64))
        let allowed = letters.count <= 4 ? 1 : letters.count <= 8 ? 2 : 3
        let scored = known.map { (word: $0, distance: distance(letters, $0)) }
        guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= allowed
        else { return nil }
        return best.word
    }

    /// How many letters must be put in, taken out or changed.
    private static func distance(_ left: [Unicode.Scalar], _ right: String) -> Int {
        let right = Array(right.lowercased().unicodeScalars.prefix(64))
        var row = Array(0...right.count)
        for (number, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = number + 1
            for column in right.indices {
                let changed = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
