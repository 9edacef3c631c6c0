internal import DurableFiles
public import Faults
internal import Fleet
internal import Processes
internal import Slots
internal import StrictJSON
internal import Transport

/// One exchange with the rollout server: tells what waits, and asks what is to be done.
public struct FleetContact {
    private let configuration: Configuration
    private let fleet: FleetSettings

    /// How often what may pass is tried: the next contact comes by itself.
    private static let attempts = 3

    /// Makes the operation.
    ///
    /// - Parameters:
    ///   - configuration: the machine's configuration.
    ///   - fleet: its part about the server.
    public init(_ configuration: Configuration, _ fleet: FleetSettings) {
        self.configuration = configuration
        self.fleet = fleet
    }

    /// Performs it; an offer is durable in the store before it is told, and so is that it went.
    ///
    /// - Parameter store: the store's path where the command names one.
    /// - Returns: what the server wants.
    /// - Throws: a `Fault`; what was not delivered waits on.
    public func run(store: String?) throws(Fault) -> FleetReport {
        // All that needs root is read before the store's owner takes over.
        let machine = try configuration.machine()
        let owner = try configuration.owner().map { ($0.user, $0.group) }
        var settings = try configuration.transfer(to: fleet)
        settings.backOff.attempts = min(settings.backOff.attempts, FleetContact.attempts)
        let http = try HTTPClient(settings, tick: Interruption.check)
        let meter = TrafficMeter()
        http.meter = meter
        let open = try Store.openOrMake(path: try configuration.storePath(store), owner: owner)
        try open.confine(.network(settings))
        // Counted, and not held back: with the month used up a machine still says how it is.
        try meter.begin(open, configuration, ignoresMonth: true, command: "nacelle contact")
        let outbox = Outbox(try open.outboxDirectory())
        let snapshot = try open.snapshot()
        let attributes = FleetAttributes.make(
            machine, fleet.attributes, snapshot, application: try open.application())
        let contact = try FleetClient(
            fleet.server, http, outbox, confirmsByItself: fleet.confirmsByItself
        ).contact(attributes, running: FleetAttributes.running(snapshot))
        switch contact.finding {
        case .offer(let offer): try open.writeOffer(offer.json.pretty)
        // Withdrawn, given up, or not agreed to: nobody may install it by hand any more. An install
        // that goes on has read it already, and one that begins is refused in words.
        case .nothing, .cancel, .confirmation, .unusable: try open.removeOffer()
        }
        return FleetReport(
            server: fleet.server.address, contact: contact, fetched: http.received)
    }
}
