public import Faults

/// A server for enrolment over secure transport (EST, RFC 7030), and which of its authorities.
public struct ESTServer: Sendable, Equatable {
    /// The address that everything is below: `https://ca.example/.well-known/est[/LABEL]`.
    public let base: String

    /// Names a server.
    ///
    /// - Parameters:
    ///   - url: its address, `https://HOST[:PORT]`; the path below it is the RFC's.
    ///   - label: the authority's label, where the server has several.
    /// - Throws: a `Fault` of code `configuration`.
    public init(url: String, label: String?) throws(Fault) {
        let scheme = "https://"
        let host = url.dropFirst(scheme.count).prefix { $0 != "/" }
        let rest = url.dropFirst(scheme.count + host.count)
        guard url.lowercased().hasPrefix(scheme), !host.isEmpty, rest.isEmpty || rest == "/",
            host.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"?#@\\".utf8.contains($0) })
        else {
            throw Fault(
                .configuration,
                "The EST server's address is not of the form https://HOST or https://HOST:PORT.",
                advice:
                    "The path below it is fixed (RFC 7030); an authority's label is named apart.")
        }
        let operations = [
            "cacerts", "simpleenroll", "simplereenroll", "fullcmc", "serverkeygen", "csrattrs",
        ]
        if let label {
            guard (1...64).contains(label.utf8.count), label != ".", label != "..",
                !operations.contains(label),
                label.utf8.allSatisfy({
                    (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                        || (0x61...0x7A).contains($0) || "-._~".utf8.contains($0)
                })
            else {
                throw Fault(
                    .configuration,
                    "The EST label “\(label)” cannot be used; 1 to 64 letters, digits, “-”, “.”, "
                        + "“_” or “~” were expected, and no operation's name.")
            }
        }
        base = scheme + host + "/.well-known/est" + (label.map { "/" + $0 } ?? "")
    }

    /// The address of an operation.
    func address(_ operation: String) -> String { base + "/" + operation }
}
