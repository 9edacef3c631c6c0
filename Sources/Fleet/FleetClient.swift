internal import DurableFiles
public import Faults
internal import StrictJSON
public import Transport

/// One machine's exchanges with its rollout server.
public struct FleetClient {
    private let server: FleetServer
    private let exchange: FleetExchange
    private let outbox: Outbox
    private let confirmsByItself: Bool

    /// Makes a client; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - server: the server.
    ///   - http: how it is reached, with this machine's credential for it.
    ///   - outbox: what waits for it.
    ///   - confirmsByItself: whether deployments that want a person's word get it at once.
    public init(
        _ server: FleetServer, _ http: HTTPClient, _ outbox: Outbox,
        confirmsByItself: Bool = false
    ) {
        self.server = server
        exchange = FleetExchange(server: server, http: http)
        self.outbox = outbox
        self.confirmsByItself = confirmsByItself
    }

    /// One exchange: delivers what waits, says what this machine is where that is new or wanted,
    /// and asks what is to be done.
    ///
    /// - Parameters:
    ///   - attributes: what this machine is.
    ///   - running: the version that runs and has proved itself; `nil` where there is none.
    /// - Returns: what the server wants.
    /// - Throws: a `Fault`; what was not delivered waits on.
    public func contact(
        _ attributes: ConfigData, running: RunningVersion? = nil
    ) throws(Fault) -> Contact {
        let lock = try outbox.lockDelivery()
        var book = try ActionBook(outbox.directory, server: server)
        var answer = try poll()
        var delivery = Delivery(exchange: exchange, outbox: outbox)
        try delivery.run(&book, open: openAction(answer))
        // What was over is over only now, and who this machine is decides what is offered.
        var problems: [String] = []
        let isTold = try tell(attributes, answer, &book, &problems)
        if isTold || delivery.mayChangeOffer { answer = try poll() }
        var finding = try look(answer, &book)
        if confirmsByItself, case .confirmation(let offer) = finding {
            try confirm(offer, book)
            answer = try poll()
            finding = try look(answer, &book)
        }
        if finding == .nothing, try declare(running, &book) {
            try delivery.run(&book, open: openAction(answer))
        }
        try book.save(in: outbox.directory)
        let contact = Contact(
            finding: finding, sleep: answer.sleep, delivered: delivery.delivered,
            waiting: try outbox.count(), refused: delivery.refused,
            problems: problems)
        _ = consume lock
        return contact
    }

    private func poll() throws(Fault) -> PollAnswer {
        guard let bytes = try exchange.get(server.address, mayBeGone: false) else {
            throw Fault(.internalError, "A poll without an answer.")
        }
        return try PollAnswer(reading: bytes, from: server)
    }

    /// Says what this machine is, where the server asks or it has changed.
    ///
    /// A server that does not take it has its offers looked at all the same: one of them may be what
    /// mends this. It is told again at the next contact.
    private func tell(
        _ attributes: ConfigData, _ answer: PollAnswer, _ book: inout ActionBook,
        _ problems: inout [String]
    ) throws(Fault) -> Bool {
        let text = attributes.json.compact
        guard answer.configData != nil || book.attributes != text else { return false }
        let address = answer.configData ?? book.configData ?? server.address + "/configData"
        do throws(Fault) {
            try exchange.put(address, attributes.json)
        } catch  where FleetClient.mayGoOn.contains(error.code) {
            let cause = error.cause.map { " (\($0))" } ?? ""
            problems.append("This machine's attributes were not taken: \(error.message)\(cause)")
            return false
        }
        book.tookAttributes(text, at: address)
        try book.save(in: outbox.directory)
        return true
    }

    /// What of one request is no reason to leave out the next.
    private static let mayGoOn: Set<FaultCode> = [.serverRefused, .network, .notFound]

    /// Has the server told which version runs, where another one does than it knows of and no action
    /// of its own brought it: after a rollback or an install by hand.
    ///
    /// Only where it has no action open: hawkBit cancels that for a version declared by a machine.
    ///
    /// - Returns: whether there is something to deliver.
    private func declare(
        _ running: RunningVersion?, _ book: inout ActionBook
    ) throws(Fault) -> Bool {
        guard let running, book.running != running.release,
            // An end that waits may be of the action that brought it.
            try !outbox.waiting().contains(where: \.isFinal)
        else { return false }
        let isNew = book.running != nil
        if isNew {
            do throws(Fault) {
                try outbox.add(.installed(name: running.name, version: running.version))
            } catch  where error.code == .noSpace {
                return false
            }
        }
        book.running = running.release
        try book.save(in: outbox.directory)
        return isNew
    }

    /// Which action the server still waits for, asked only where it matters.
    private func openAction(_ answer: PollAnswer) -> () throws(Fault) -> String? {
        { () throws(Fault) -> String? in
            if let href = answer.cancel {
                guard let bytes = try exchange.get(href, mayBeGone: true) else { return nil }
                return try CancelRequest(reading: bytes).stop
            }
            guard let href = answer.deployment,
                let bytes = try exchange.get(href, mayBeGone: true), !FleetClient.isNull(bytes)
            else { return nil }
            return try Deployment(reading: bytes, from: server).action
        }
    }

    /// Reads what the poll's answer points to, and notes its address.
    private func look(
        _ answer: PollAnswer, _ book: inout ActionBook
    ) throws(Fault) -> Contact.Finding {
        if let href = answer.cancel {
            guard let bytes = try exchange.get(href, mayBeGone: true) else { return .nothing }
            let request = try CancelRequest(reading: bytes)
            book.change(request.action) { $0.links["cancelAction"] = href }
            return .cancel(action: request.action, stop: request.stop)
        }
        if let href = answer.confirmation {
            guard let bytes = try exchange.get(href, mayBeGone: true), !FleetClient.isNull(bytes)
            else { return .nothing }
            let wanted = try Deployment(reading: bytes, from: server, under: "confirmation")
            book.change(wanted.action) { $0.links["confirmationBase"] = href }
            return finding(wanted) { .confirmation($0) }
        }
        guard let href = answer.deployment, let bytes = try exchange.get(href, mayBeGone: true),
            !FleetClient.isNull(bytes)
        else { return .nothing }
        let wanted = try Deployment(reading: bytes, from: server)
        book.change(wanted.action) { $0.links["deploymentBase"] = href }
        return finding(wanted) { .offer($0) }
    }

    private func finding(
        _ deployment: Deployment, _ make: (Offer) -> Contact.Finding
    ) -> Contact.Finding {
        do throws(Fault) { return make(try Offer(deployment, from: server)) } catch {
            return .unusable(action: deployment.action, reason: error.message)
        }
    }

    /// Gives a person's word in a person's place, as the configuration says.
    private func confirm(_ offer: Offer, _ book: ActionBook) throws(Fault) {
        let report = Report.confirmed(
            action: offer.action, why: "confirmed by this machine's configuration")
        let answer = try exchange.send(
            .post, FleetAddress.of(report, book, server), report.body(at: outbox.time),
            isOnce: false)
        // Somebody was quicker.
        guard answer.isSuccess || [404, 410].contains(answer.status) else {
            throw exchange.fault(answer, "told that action \(offer.action) is confirmed")
        }
    }

    /// gooseBit answers `null` where an offer went in the meantime.
    private static func isNull(_ bytes: [UInt8]) -> Bool { bytes == Array("null".utf8) }
}
