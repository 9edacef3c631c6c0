internal import Faults
internal import StrictJSON

/// Answers the protocol's requests for one model.
///
/// Knows of HTTP only method, path and status.
struct Routes: Sendable {
    /// The longest request body, in bytes.
    static let bodyLimit = 1 << 20

    let model: Model

    /// Answers a request.
    ///
    /// - Parameters:
    ///   - method: the HTTP method, in capitals.
    ///   - path: the path, decoded, without the query.
    ///   - body: the request's body.
    /// - Returns: the HTTP status and the response's JSON object, as text.
    func answer(
        _ method: String, _ path: String, _ body: [UInt8]
    ) async -> (status: Int, body: [UInt8]) {
        do throws(ProtocolError) {
            let route = try Route(method: method, path: path)
            return (200, try await answer(route, body).compact)
        } catch {
            return (error.status, error.body)
        }
    }

    private func answer(
        _ route: Route, _ body: [UInt8]
    ) async throws(ProtocolError) -> JSONValue {
        switch route {
        case .server: return Answers.server
        case .live: return .members([("live", .bool(true))])
        case .ready: return .members([("ready", .bool(true))])
        case .model(let name, let version):
            try check(name, version)
            return Answers.model(
                model.name, version: model.version, inputs: model.inputs, outputs: model.outputs)
        case .modelReady(let name, let version):
            try check(name, version)
            return .members([("name", .string(model.name)), ("ready", .bool(true))])
        case .infer(let name, let version):
            try check(name, version)
            return try await infer(body)
        }
    }

    private func infer(_ body: [UInt8]) async throws(ProtocolError) -> JSONValue {
        // No text within the limit on bytes has more values than half its bytes.
        let limits = JSONLimits(bytes: Self.bodyLimit, depth: 36, values: Self.bodyLimit / 2 + 1)
        let json: JSONValue
        do throws(Fault) {
            json = try JSONReader.read(body, limits: limits)
        } catch {
            throw .badRequest(error.message)
        }
        let request = try InferenceRequest(
            json: json, inputs: model.inputs, outputs: model.outputs)
        let outputs: [Tensor]
        do throws(Fault) {
            outputs = try await model.infer(request.inputs, outputs: request.outputs)
        } catch {
            throw ProtocolError(status: 500, message: error.description)
        }
        return try Answers.inference(
            outputs, model: model.name, version: model.version, id: request.id)
    }

    private func check(_ name: String, _ version: String?) throws(ProtocolError) {
        guard name == model.name else {
            throw .notFound("There is no model “\(name.prefix(100))”; “\(model.name)” is served.")
        }
        guard let version, version != model.version else { return }
        throw .notFound(
            "The model “\(name)” has no version “\(version.prefix(100))”; "
                + (model.version.map { "“\($0)” is served." } ?? "it does not name its own."))
    }
}
