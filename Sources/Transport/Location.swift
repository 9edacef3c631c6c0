public import Faults

/// Where a bundle or something beside it stands: a file, or an address on the web.
public enum Location: Sendable, Equatable {
    /// A path on this machine.
    case file(String)
    /// An `http` or `https` URL.
    case remote(String)

    /// Reads what a person wrote: an address where it begins with a scheme, a path otherwise.
    ///
    /// - Parameter text: the path or address.
    /// - Throws: a `Fault` of code `configuration` for an empty text, another scheme, or an address
    ///   that is none.
    public init(parsing text: String) throws(Fault) {
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw Fault(.configuration, "A path or an https address was expected, not “\(text)”.")
        }
        guard let scheme = Location.scheme(of: text) else {
            self = .file(text)
            return
        }
        guard scheme == "http" || scheme == "https" else {
            throw Fault(
                .configuration, "Addresses of the kind \(scheme)://… are not fetched.",
                advice: "Give a path or an https address.")
        }
        self = .remote(try WebAddress(text).text)
    }

    /// The same in words that are safe to show: no user, password or query.
    public var shown: String {
        switch self {
        case .file(let path): return path
        case .remote(let url):
            do throws(Fault) { return try WebAddress(url).shown } catch { return "an address" }
        }
    }

    /// Something else in the same directory.
    ///
    /// The query of an address stays: it may hold what opens the whole directory.
    ///
    /// - Parameter name: its plain name, which is escaped as an address needs it.
    /// - Returns: where it stands.
    /// - Throws: a `Fault` of code `malformed` for a name that leads elsewhere.
    public func sibling(_ name: String) throws(Fault) -> Location {
        let elsewhere = name == "." || name == ".." || name.utf8.contains(UInt8(ascii: "/"))
        guard !name.isEmpty, !elsewhere, !name.utf8.contains(0), name.utf8.count <= 255 else {
            throw Fault(
                .malformed, "“\(name)” is not the plain name of a file beside \(shown).")
        }
        switch self {
        case .file(let path):
            let parent = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
            return .file(parent + name)
        case .remote(let url):
            return .remote(try Location.beside(try WebAddress(url).text, Location.escaped(name)))
        }
    }

    private static func beside(_ url: String, _ name: String) throws(Fault) -> String {
        let query = url.firstIndex(of: "?") ?? url.endIndex
        let base = url[..<query]
        let authority = base.range(after: "://")
        guard let slash = base.lastIndex(of: "/"), slash >= authority else {
            return base + "/" + name + url[query...]
        }
        return base[...slash] + name + url[query...]
    }

    /// Everything but RFC 3986's unreserved characters as `%XX`.
    private static func escaped(_ name: String) -> String {
        var text = ""
        for byte in name.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += byte < 16 ? "%0" : "%"
                text += String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    /// The scheme of a text that has one before `://`.
    private static func scheme(of text: String) -> String? {
        let head = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        guard head.first?.isLetter == true, text.dropFirst(head.count).hasPrefix("://") else {
            return nil
        }
        return head.lowercased()
    }
}

extension Substring {
    /// Where what follows the first occurrence of a mark begins; the start where there is none.
    fileprivate func range(after mark: String) -> Index {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(mark) { return self.index(index, offsetBy: mark.count) }
            index = self.index(after: index)
        }
        return startIndex
    }
}
