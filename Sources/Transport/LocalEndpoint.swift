public import Faults

/// Where a program on this machine listens.
public enum LocalEndpoint: Sendable, Equatable {
    /// A unix socket, by its path.
    case unix(String)
    /// A base URL such as `http://127.0.0.1:8080`, without a path.
    case url(String)

    /// The longest path of a unix socket, in bytes (`sun_path` without its closing zero).
    public static let longestSocketPath = 107

    var base: String {
        switch self {
        case .unix: "http://localhost"
        case .url(let url): url.utf8.last == UInt8(ascii: "/") ? String(url.dropLast()) : url
        }
    }

    /// Refuses what cannot be connected to.
    ///
    /// - Throws: a `Fault` of code `configuration`.
    public func check() throws(Fault) {
        switch self {
        case .unix(let path):
            let count = path.utf8.count
            guard (1...LocalEndpoint.longestSocketPath).contains(count) else {
                throw Fault(
                    .configuration,
                    "The socket path \(path) has \(count) bytes; Linux takes 1 to "
                        + "\(LocalEndpoint.longestSocketPath).",
                    advice: "Choose a shorter runtime directory.")
            }
            guard !path.utf8.contains(0) else {
                throw Fault(.configuration, "A socket path must not contain a zero byte.")
            }
        case .url(let url):
            let known = url.hasPrefix("http://") || url.hasPrefix("https://")
            guard known, url.utf8.count <= 1024, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else {
                throw Fault(
                    .configuration, "“\(url)” is not a URL of a local program.",
                    advice: "Write http://127.0.0.1:PORT or a unix socket's path.")
            }
        }
    }
}
