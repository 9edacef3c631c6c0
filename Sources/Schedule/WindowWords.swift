internal import Faults

/// The words of a maintenance window, and what is said of them where they are wrong.
struct WindowWords {
    /// The longest text of a window, in bytes.
    static let limit = 128
    private static let names = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ]

    private let text: String

    init(_ text: String) { self.text = text }

    /// The fault for a window that cannot be understood.
    func refusal(_ problem: String) -> Fault {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(60) {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            shown.append(isControl ? "?" : scalar)
        }
        return Fault(
            .configuration, "“\(String(shown))” is no maintenance window: \(problem).",
            advice: "Write it as “Mon-Fri 22:00-05:00”, “Sat,Sun 00:00-24:00 UTC” or "
                + "“daily 02:00-04:00”.")
    }

    /// The words between spaces and tabs; spaces around a dash or a comma divide nothing.
    func split() throws(Fault) -> [String] {
        guard text.utf8.count <= WindowWords.limit else {
            throw refusal(
                "it has \(text.utf8.count) bytes; at most \(WindowWords.limit) are accepted")
        }
        guard text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x09 }) else {
            throw refusal("it has a character that is in no day, hour or zone")
        }
        var words: [String] = []
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            if let last = words.last, WindowWords.belongsTogether(last, word) {
                words[words.count - 1] += word
            } else {
                words.append(String(word))
            }
        }
        guard !words.isEmpty else { throw refusal("it is empty") }
        return words
    }

    /// Whether one word goes on with the next: “Mon -Fri”, “Sat , Sun”, “02:00 - 03:00”.
    private static func belongsTogether(_ word: String, _ next: Substring) -> Bool {
        guard let end = word.last, let begin = next.first else { return false }
        return "-,".contains(end) || "-,".contains(begin)
    }

    /// Begin and length of `HH:MM-HH:MM`, in seconds.
    func hours(_ word: String) throws(Fault) -> (begin: Int, length: Int) {
        let ends = word.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, word.contains(":") else {
            throw refusal("“\(word)” is not of the form HH:MM-HH:MM")
        }
        let begin = try minute(ends[0])
        let end = try minute(ends[1])
        guard begin < 24 * 60 else { throw refusal("it begins at 24:00; a day begins at 00:00") }
        guard begin != end else {
            throw refusal("it begins and ends at \(ends[0]); a whole day is 00:00-24:00")
        }
        let minutes = end > begin ? end - begin : end + 24 * 60 - begin
        return (begin * 60, minutes * 60)
    }

    private func minute(_ text: Substring) throws(Fault) -> Int {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].count), parts[1].count == 2,
            let hour = number(parts[0]), let minute = number(parts[1]), minute < 60,
            hour < 24 || (hour == 24 && minute == 0)
        else { throw refusal("“\(text)” is no time of a day, 00:00 to 24:00") }
        return hour * 60 + minute
    }

    private func number(_ digits: Substring) -> Int? {
        digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(digits) : nil
    }

    /// The days of `daily`, `Mon-Wed,Sat` and the like.
    func days(_ word: String) throws(Fault) -> Set<Int> {
        guard word.lowercased() != "daily" else { return Set(0..<7) }
        var days: Set<Int> = []
        for part in word.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard (1...2).contains(ends.count) else {
                throw refusal("“\(part)” is neither a day nor a range of days")
            }
            let first = try day(ends[0])
            let last = try day(ends[ends.count - 1])
            // From Friday to Monday is past the week's end.
            for step in 0...(last - first + 7) % 7 { days.insert((first + step) % 7) }
        }
        return days
    }

    private func day(_ text: Substring) throws(Fault) -> Int {
        let name = text.lowercased()
        // “Tues” and “Thurs” are written too.
        guard name.utf8.count >= 3,
            let day = WindowWords.names.firstIndex(where: { $0.hasPrefix(name) })
        else { throw refusal("“\(text)” is no day (Mon, Tue, Wed, Thu, Fri, Sat, Sun)") }
        return day
    }
}
