public import Faults
public import Install
public import Transport
public import Trust
internal import YAML

/// Where a repository is.
public enum RepositoryLocation: Sendable, Equatable {
    /// A folder on this machine, such as a mounted stick.
    case folder(String)
    /// An address.
    case remote(String)
}

extension Configuration {
    /// The repository that updates come from; `nil` where none is configured.
    public func repository() throws(Fault) -> RepositoryLocation? {
        let fields = try readable(for: "the repository")
        guard let text = try fields.optionalString("repository", limit: 2048) else { return nil }
        do throws(Fault) {
            switch try Location(parsing: text) {
            case .remote(let url): return .remote(url)
            case .file(let path):
                guard path.hasPrefix("/") else {
                    throw fields.fault(
                        "repository",
                        "is “\(text)”; an https address or an absolute path was "
                            + "expected")
                }
                return .folder(path)
            }
        } catch  where error.code == .configuration && !error.message.contains("repository") {
            throw fields.fault("repository", "is “\(text)”: \(error.message)", advice: error.advice)
        }
    }

    /// Whether what has expired is accepted from a file or folder.
    public func acceptsExpiredMedia() throws(Fault) -> Bool {
        let fields = try readable(for: "what may have expired")
        guard fields.has("expired-media") else { return true }
        return try fields.enumeration("expired-media", allowed: ["accept", "refuse"]) == "accept"
    }

    /// Which kinds of keys count.
    public func keySchemes() throws(Fault) -> Set<KeyScheme> {
        let fields = try readable(for: "the kinds of keys")
        guard fields.has("key-schemes") else { return .ed25519Alone }
        var schemes: Set<KeyScheme> = []
        for name in try fields.strings("key-schemes", limit: 8, length: 64) {
            guard let scheme = KeyScheme(rawValue: name) else {
                let known = KeyScheme.allCases.map(\.rawValue).joined(separator: ", ")
                throw fields.fault("key-schemes", "holds “\(name)”; \(known) are known")
            }
            schemes.insert(scheme)
        }
        return schemes
    }

    /// The files of a repository.
    ///
    /// - Parameters:
    ///   - location: where it is.
    ///   - maxBytes: the most bytes that may be fetched from it; `nil` for no bound.
    ///   - meter: counts them in the month's bytes.
    /// - Returns: the files; nothing is opened or fetched yet.
    /// - Throws: a `Fault` where the configuration, or the address, cannot be used.
    public func tree(
        _ location: RepositoryLocation, maxBytes: Int64?, meter: TrafficMeter? = nil
    ) throws(Fault) -> any FileTree {
        switch location {
        case .folder(let path): return FolderTree(path: path)
        case .remote(let url):
            let client = try HTTPClient(transfer(), tick: Interruption.check)
            client.budget = maxBytes
            client.meter = meter
            return try WebTree(url, client)
        }
    }
}
