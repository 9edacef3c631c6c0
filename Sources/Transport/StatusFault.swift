internal import Faults

/// What a status says that is no success.
enum StatusFault {
    /// Whether a status may pass by itself (RFC 9110 and 6585).
    static func mayPass(_ status: Int) -> Bool {
        [408, 425, 429].contains(status) || ((500...599).contains(status) && status != 511)
    }

    /// The fault for a status other than 200 and 206.
    static func fault(_ transfer: Transfer) -> Fault {
        let status = transfer.head.status
        let name = transfer.address.shown
        if mayPass(status) {
            return Fault(
                .network, "\(name) answered with status \(status)\(meaning(status)).",
                advice: "It may pass; start the command again later.")
        }
        if status == 511 { return portal(transfer.address) }
        let page = String(decoding: transfer.page, as: UTF8.self)
        if status == 400, page.contains("SSL certificate") {
            let missing = page.contains("No required SSL certificate")
            return TLSFault.clientCertificate(
                name,
                missing
                    ? "asks for a client certificate, and none was shown"
                    : "does not accept this machine's client certificate", cause: nil)
        }
        return Fault(
            .serverRefused, "\(name) answered with status \(status)\(meaning(status)).",
            advice: status == 404 || status == 410
                ? "Check the address, and that the file was published."
                : "Look at the address and the server's log; trying again does not help.")
    }

    /// The fault for a page in place of a file.
    static func portal(_ address: WebAddress) -> Fault {
        Fault(
            .serverRefused,
            "\(address.shown) answered with a web page in place of the file; it looks like a "
                + "captive portal (a network that wants a login first).",
            advice: "Log in to the network or use another, and check the address.")
    }

    private static func meaning(_ status: Int) -> String {
        switch status {
        case 401: " (unauthorized)"
        case 403: " (forbidden)"
        case 404: " (not found)"
        case 407: " (the proxy wants a login)"
        case 408: " (request time-out)"
        case 410: " (gone)"
        case 416: " (no such range)"
        case 429: " (too many requests)"
        case 500: " (internal error of the server)"
        case 502: " (bad gateway)"
        case 503: " (not available now)"
        case 504: " (gateway time-out)"
        default: ""
        }
    }
}
