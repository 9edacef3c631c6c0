public import Fleet
public import StrictJSON

/// What a contact with the rollout server brought, for people and machines.
public struct FleetReport: Sendable {
    /// The server's poll address.
    public let server: String
    /// What it said.
    public let contact: Contact
    /// Bytes that the contact fetched.
    public let fetched: Int64

    /// The verdict in a word: `nothing`, `offer`, `cancel`, `confirmation` or `unusable`.
    public var verdict: String {
        switch contact.finding {
        case .nothing: "nothing"
        case .offer: "offer"
        case .cancel: "cancel"
        case .confirmation: "confirmation"
        case .unusable: "unusable"
        }
    }

    /// The report as lines for a person.
    public var lines: [String] {
        var lines: [String]
        switch contact.finding {
        case .nothing: lines = ["Nothing is to be done."]
        case .offer(let offer):
            lines = ["\(offer.shown) is offered, \(FleetReport.words(offer))."]
            lines.append("  to install   nacelle install --offer")
        case .cancel(let action, let stop):
            lines = ["Action \(stop) is to be given up (cancellation \(action))."]
        case .confirmation(let offer):
            lines = ["\(offer.shown) may be installed once somebody confirms it."]
        case .unusable(let action, let reason):
            lines = ["Action \(action) cannot be done here: \(reason)"]
        }
        lines.append("  server       \(server)")
        lines.append("  asks again   in \(contact.sleep) s")
        if contact.delivered + contact.waiting + contact.refused.count > 0 {
            lines.append(
                "  reports      \(contact.delivered) taken, \(contact.waiting) waiting, "
                    + "\(contact.refused.count) refused")
            for refusal in contact.refused { lines.append("    refused    \(refusal)") }
        }
        for problem in contact.problems { lines.append("  problem      \(problem)") }
        return lines
    }

    private static func words(_ offer: Offer) -> String {
        if offer.window == .unavailable { return "and the server's maintenance window is closed" }
        switch (offer.download, offer.update) {
        case (.skip, _): return "and not to be fetched now"
        case (_, .skip): return "to be fetched and not swapped in"
        case (_, .forced): return "forced"
        case (_, .attempt): return "as this machine's own rules allow it"
        }
    }

    /// The report for a machine.
    public var json: JSONValue {
        var action: String?
        var stop: String?
        var reason: String?
        var summary: JSONValue?
        switch contact.finding {
        case .nothing: break
        case .offer(let offer), .confirmation(let offer):
            action = offer.action
            summary = offer.summary
        case .cancel(let own, let stopped): (action, stop) = (own, stopped)
        case .unusable(let own, let why): (action, reason) = (own, why)
        }
        return .members([
            ("event", .string("contact")), ("verdict", .string(verdict)),
            ("server", .string(server)), ("sleep", .integer(contact.sleep)),
            ("action", action.map { .string($0) }), ("stop", stop.map { .string($0) }),
            ("reason", reason.map { .string($0) }), ("offer", summary),
            ("delivered", .integer(contact.delivered)), ("waiting", .integer(contact.waiting)),
            ("refused", .array(contact.refused.map { .string($0) })),
            ("problems", .array(contact.problems.map { .string($0) })),
            ("fetched", .integer(fetched)),
        ])
    }
}

extension Offer {
    /// What people call it.
    var shown: String { "\(name) \(version) (action \(action))" }

    /// What a script needs to know of it.
    var summary: JSONValue {
        .members([
            ("action", .string(action)), ("name", .string(name)), ("version", .string(version)),
            ("download", .string(download.rawValue)), ("update", .string(update.rawValue)),
            ("maintenanceWindow", window.map { .string($0.rawValue) }),
            (
                "artifacts",
                .array(
                    artifacts.map {
                        .members([
                            ("filename", .string($0.file)), ("size", .integer($0.size)),
                        ])
                    })
            ),
        ])
    }
}
