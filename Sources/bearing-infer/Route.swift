/// What a request asks for, by its method and path.
enum Route: Equatable {
    case server
    case metrics
    case live
    case ready
    case model(String, version: String?)
    case modelReady(String, version: String?)
    case infer(String, version: String?)

    /// Finds the route.
    ///
    /// - Parameters:
    ///   - method: the HTTP method, in capitals.
    ///   - path: the path, decoded, without the query.
    /// - Throws: a ``ProtocolError`` of status 404 for a path that the protocol does not have, 405
    ///   for another method than its own.
    init(method: String, path: String) throws(ProtocolError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        let found: Route?
        switch parts.count {
        case 1 where parts == ["v2"]: found = .server
        case 1 where parts == ["metrics"]: found = .metrics
        case 3 where parts == ["v2", "health", "live"]: found = .live
        case 3 where parts == ["v2", "health", "ready"]: found = .ready
        case 3... where parts.starts(with: ["v2", "models"]):
            found = Self.model(parts[2], rest: parts[3...])
        default: found = nil
        }
        guard let found else {
            throw .notFound(
                "Nothing is served at “\(path.prefix(200))”; the Open Inference Protocol v2 has "
                    + "/v2, /v2/health/live, /v2/health/ready, /v2/models/NAME, "
                    + "/v2/models/NAME/ready and /v2/models/NAME/infer; counts are at /metrics.")
        }
        guard method == found.method else {
            throw ProtocolError(
                status: 405,
                message: "The method is \(method.prefix(20)); \(found.method) was expected.")
        }
        self = found
    }

    private static func model(_ name: String, rest: ArraySlice<String>) -> Route? {
        var rest = rest
        var version: String?
        if rest.first == "versions", let second = rest.dropFirst().first {
            version = second
            rest = rest.dropFirst(2)
        }
        switch Array(rest) {
        case []: return .model(name, version: version)
        case ["ready"]: return .modelReady(name, version: version)
        case ["infer"]: return .infer(name, version: version)
        default: return nil
        }
    }

    var method: String {
        if case .infer = self { return "POST" }
        return "GET"
    }
}
