internal import Faults

/// Where a redirect may lead: from HTTPS to HTTPS, a few times.
enum Redirect {
    /// The address that a redirect names, checked.
    ///
    /// - Parameters:
    ///   - transfer: what was answered with the redirect.
    ///   - target: the address as libcurl resolved it.
    ///   - most: how many redirects one request may follow.
    /// - Returns: the address.
    /// - Throws: a `Fault` of code `server-refused`.
    static func next(
        _ transfer: Transfer, named target: String?, most: Int
    ) throws(Fault) -> WebAddress {
        let name = transfer.address.shown
        guard transfer.redirects < most else {
            throw transfer.answered("a redirect after \(most) others; \(most) are followed")
        }
        guard let target else {
            throw transfer.answered("status \(transfer.head.status) without an address")
        }
        let next: WebAddress
        do throws(Fault) {
            next = try WebAddress(target)
        } catch {
            throw transfer.answered("a redirect to what is no http or https address")
        }
        guard !transfer.address.isPlain else {
            throw Fault(
                .serverRefused,
                "\(name) redirects to \(next.shown); redirects of plain HTTP are not followed.",
                advice: "Use the https address itself.")
        }
        guard !next.isPlain else {
            throw Fault(
                .serverRefused,
                "\(name) redirects to plain HTTP at \(next.shown); it looks like a captive portal "
                    + "(a network that wants a login first).",
                advice: "Log in to the network or use another, and check the address.")
        }
        return next
    }
}
