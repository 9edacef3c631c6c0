public import Faults
internal import Fleet
internal import Slots
public import Install
public import Transport

extension Configuration {
    /// The offer that is worked on, as a place to install from.
    ///
    /// - Parameters:
    ///   - store: the store's path where the command names one.
    ///   - maxBytes: the most bytes that may be fetched; `nil` for no bound.
    ///   - meter: counts what comes.
    /// - Returns: the place; nothing is fetched yet.
    /// - Throws: a `Fault` of code `not-found` where there is no offer, `configuration` where it is
    ///   of another server than the configured one.
    public func offerShelf(
        store: String?, maxBytes: Int64?, meter: TrafficMeter? = nil
    ) throws(Fault) -> any Shelf {
        guard let fleet = try fleet() else {
            throw Fault(
                .configuration, "No rollout server is configured, so nothing is offered.",
                advice: "Write the part “fleet” into \(path), or name a bundle or repository.")
        }
        // Before the store's owner takes over: the token is for root alone to read.
        let client = try HTTPClient(transfer(to: fleet), tick: Interruption.check)
        client.budget = maxBytes
        client.meter = meter
        guard let bytes = try Store.offer(at: try storePath(store), limit: Offer.limit) else {
            throw Fault(
                .notFound, "The rollout server \(fleet.server.address) offers nothing.",
                advice: "Ask it: nacelle contact.")
        }
        let offer = try Offer(reading: bytes)
        guard offer.server == fleet.server.address else {
            throw Fault(
                .configuration,
                "The offer is of \(offer.server), and \(fleet.server.address) is configured now.",
                advice: "Ask the server: nacelle contact.")
        }
        return try OfferShelf(offer, client)
    }
}
