internal import Faults
internal import StrictJSON
internal import Transport

/// Small requests to the server, and what its statuses mean.
struct FleetExchange {
    let server: FleetServer
    let http: HTTPClient

    private static let accept = "Accept: application/json"

    /// Fetches a document.
    ///
    /// - Parameters:
    ///   - url: where.
    ///   - mayBeGone: whether 404 and 410 mean that there is none any more.
    /// - Returns: the document; `nil` where there is none.
    /// - Throws: a `Fault`.
    func get(_ url: String, mayBeGone: Bool) throws(Fault) -> [UInt8]? {
        let answer = try http.exchange(
            WebRequest(.get, url, headers: [FleetExchange.accept], limit: DDIReader.limit))
        if answer.status == 200 { return answer.body }
        if mayBeGone, [404, 410].contains(answer.status) { return nil }
        throw fault(answer, "asked")
    }

    /// Puts a document in the place of what the server had.
    func put(_ url: String, _ json: JSONValue) throws(Fault) {
        let answer = try send(.put, url, json, isOnce: false)
        guard answer.isSuccess else { throw fault(answer, "told") }
    }

    /// Sends a document and takes any answer.
    func send(
        _ method: WebRequest.Method, _ url: String, _ json: JSONValue, isOnce: Bool
    ) throws(Fault) -> WebAnswer {
        try http.exchange(
            WebRequest(
                method, url, body: json.compact,
                headers: [FleetExchange.accept, "Content-Type: application/json"],
                limit: 64 << 10, isOnce: isOnce))
    }

    /// What a refusal means.
    func fault(_ answer: WebAnswer, _ what: String) -> Fault {
        let words = ServerWords.read(answer.body)
        let head = "The rollout server \(server.address), \(what), answered with status "
        switch answer.status {
        case 401, 403:
            return Fault(
                .serverRefused, "\(head)\(answer.status): it does not let this machine in.",
                advice: "Compare the token file with the server's; a new machine must be made "
                    + "known there first.", cause: words)
        case 404:
            return Fault(
                .serverRefused, "\(head)404: it does not know this machine or address.",
                advice: "Check “server” in “fleet”: https://HOST/TENANT/controller/v1/DEVICE.",
                cause: words)
        case 429:
            return Fault(
                .network, "\(head)429 (too many requests).",
                advice: "It may pass; the next contact is later.", cause: words)
        default:
            return Fault(
                .serverRefused, "\(head)\(answer.status).", advice: "Look at the server's log.",
                cause: words)
        }
    }
}
