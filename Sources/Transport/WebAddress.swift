internal import Faults

/// An `http` or `https` URL, checked, with a form of it that is safe to show.
struct WebAddress: Equatable {
    /// The whole URL, without a fragment; may hold a password or a token.
    let text: String
    /// Scheme, host, port and path; no user, password or query.
    let shown: String
    /// Whether it is `http`, which nothing protects.
    let isPlain: Bool

    /// The longest URL, in bytes; signed addresses of object stores are long.
    static let longest = 8192

    /// Takes a URL apart.
    ///
    /// - Parameter text: the URL; a fragment is dropped.
    /// - Throws: a `Fault` of code `configuration`.
    init(_ text: String) throws(Fault) {
        guard text.utf8.count <= WebAddress.longest else {
            throw Fault(
                .configuration,
                "An address has \(text.utf8.count) bytes; at most \(WebAddress.longest) are read.")
        }
        guard let (scheme, after) = WebAddress.scheme(of: text) else {
            throw Fault(
                .configuration, "“\(WebAddress.masked(text))” is not an http or https address.")
        }
        let rest = after.prefix { $0 != "#" }
        let allowed = rest.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x5C }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard allowed, WebAddress.isHost(host) else {
            throw Fault(
                .configuration,
                "“\(WebAddress.masked(text))” is not an address: the host is missing or wrong, or "
                    + "a character is not escaped.",
                advice: "Write https://HOST/PATH, anything but ASCII as %XX.")
        }
        let path = rest.dropFirst(authority.count).prefix { $0 != "?" }
        isPlain = scheme == "http"
        self.text = scheme + "://" + rest
        shown = scheme + "://" + host + (path.isEmpty ? "/" : path)
    }

    /// The scheme in lower case, and what follows `://`.
    private static func scheme(of text: String) -> (String, Substring)? {
        for scheme in ["https", "http"] {
            let head = text.prefix(scheme.count + 3)
            if head.lowercased() == scheme + "://" { return (scheme, text.dropFirst(head.count)) }
        }
        return nil
    }

    /// A host with an optional port; an IPv6 address in brackets.
    private static func isHost(_ text: Substring) -> Bool {
        var host = text
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            let port = text[text.index(after: colon)...]
            guard let number = UInt16(port), number > 0, port.utf8.first != 0x2B else {
                return false
            }
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.dropFirst().dropLast().allSatisfy {
                $0.isHexDigit || $0 == ":" || $0 == "."
            }
        }
        return !host.isEmpty && host.utf8.count <= 253
            && host.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x2E
                    || byte == 0x5F
            }
    }

    /// What can be shown of a text that is no address: no user, password or query.
    private static func masked(_ text: String) -> String {
        let visible = text.prefix(200).prefix { $0 != "?" && $0 != "#" }
        guard let at = visible.lastIndex(of: "@") else { return String(visible) }
        return "…" + visible[at...]
    }
}
