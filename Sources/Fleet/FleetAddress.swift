/// Where a report goes.
enum FleetAddress {
    /// The address of a report: below what the server's link named, else as the protocol names it.
    ///
    /// Feedback has no link of its own; the protocol puts it below what it is about.
    static func of(_ report: Report, _ book: ActionBook, _ server: FleetServer) -> String {
        let kind: String
        switch report {
        case .installed: return server.address + "/installedBase"
        case .cancelAccepted, .cancelRefused: kind = "cancelAction"
        case .confirmed, .denied: kind = "confirmationBase"
        case .step, .progress, .final: kind = "deploymentBase"
        }
        let action = report.action ?? ""
        let href = book.entry(action).links[kind] ?? "\(server.address)/\(kind)/\(action)"
        // hawkBit's links bear a query that says which state of the action they show.
        var path = href.prefix { $0 != "?" && $0 != "#" }
        while path.last == "/" { path.removeLast() }
        return path + "/feedback"
    }
}
