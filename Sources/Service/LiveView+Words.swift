internal import UpdateMachine

extension LiveView {
    /// What the service does, in one line for people.
    var words: String {
        let name = version.isEmpty ? "" : " version \(version)"
        return switch State(rawValue: state) {
        case .recovering: "Looking after the store."
        case .idle:
            available.isEmpty ? "Nothing is to be done." : "Version \(available) is offered."
        case .checking: "Asking for something new."
        case .waiting where reasons.isEmpty: "Asking whether\(name) may go on now."
        case .waiting: LiveView.sentence("Waiting with\(name): \(reasons.joined(separator: "; "))")
        case .fetching: "Fetching\(name)."
        case .proving: "Proving\(name)."
        case .ready: name.isEmpty ? "The new version is ready." : "It is ready:\(name)."
        case .swapping: "Swapping\(name) in."
        case .probation: "Watching\(name)."
        case .good: "It is good:\(name)."
        case .fallenBack: LiveView.sentence("It was left:\(name). \(outcomeReason)")
        case .cancelled: LiveView.sentence("Called off:\(name). \(outcomeReason)")
        case .failed: LiveView.sentence("It could not be installed:\(name). \(outcomeReason)")
        case nil: state
        }
    }

    /// Words with one full stop at their end.
    static func sentence(_ words: String) -> String {
        var words = words
        while let last = words.last, last == " " || last == "." { words.removeLast() }
        return words + "."
    }
}
