internal import Faults

/// The refusals of a repository's metadata, each with the numbers that decided.
enum RepositoryFault {
    static func expired(_ role: String, _ expires: Int64, at time: Int64?) -> Fault {
        Fault(
            .expired,
            "The repository's \(role) metadata expired at \(UTCTime.text(expires)), and it is "
                + "\(UTCTime.text(time ?? 0)) now.",
            advice: "Have the repository refreshed; if this machine's clock is wrong, set it.")
    }

    static func missing(_ file: String) -> Fault {
        Fault(
            .serverRefused, "The repository has no \(file).",
            advice: "Check the repository's address; if it is right, publish it again.")
    }

    static func older(_ role: String, _ version: Int, than known: Int) -> Fault {
        Fault(
            .rollback,
            "The repository offers version \(version) of \(role), and version \(known) was seen "
                + "before.",
            advice: "Nothing is taken from a repository that goes back; find out who serves it.")
    }

    static func mixed(_ file: String, _ what: String) -> Fault {
        Fault(
            .rollback, "The repository's \(file) is not the one that goes with the rest: \(what).",
            advice: "It may be being published at this moment; try again, or publish it again.")
    }
}
