internal import Faults
internal import Locks
internal import StrictJSON

/// Answers the protocol's requests for one model.
///
/// Knows of HTTP only method, path and status.
struct Routes: Sendable {
    /// The longest request body, in bytes.
    static let bodyLimit = 1 << 20

    /// What is answered.
    typealias Answer = (status: Int, body: [UInt8], type: String)

    let model: Model
    private let tally: Guarded<MetricsTally>
    private let started: Double

    /// Serves a model.
    ///
    /// - Parameters:
    ///   - model: the model.
    ///   - plan: what of its inputs and answers is counted.
    ///   - started: when the program began, in seconds since 1970.
    init(model: Model, plan: MetricsPlan? = nil, started: Double = 0) {
        self.model = model
        self.started = started
        tally = Guarded(MetricsTally(plan))
    }

    /// Answers a request.
    ///
    /// - Parameters:
    ///   - method: the HTTP method, in capitals.
    ///   - path: the path, decoded, without the query.
    ///   - body: the request's body.
    /// - Returns: the HTTP status, and the response's JSON object or page of counts, as text.
    func answer(_ method: String, _ path: String, _ body: [UInt8]) async -> Answer {
        do throws(ProtocolError) {
            let route = try Route(method: method, path: path)
            if case .metrics = route { return (200, metrics, MetricsText.contentType) }
            return (200, try await answer(route, body).compact, "application/json")
        } catch {
            return (error.status, error.body, "application/json")
        }
    }

    private var metrics: [UInt8] {
        let tally = tally.withLock { $0 }
        return MetricsText.page(
            tally, model: model.name, version: model.version, digest: model.digest,
            started: started)
    }

    private func answer(
        _ route: Route, _ body: [UInt8]
    ) async throws(ProtocolError) -> JSONValue {
        switch route {
        case .server, .metrics: return Answers.server
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
        let request: InferenceRequest
        do throws(ProtocolError) {
            request = try read(body)
        } catch {
            tally.withLock { $0.refuse() }
            throw error
        }
        // What is counted is asked for too, where the caller does not want it.
        let counted = tally.withLock { $0.plan?.output }
        let more = model.outputs.indices.filter {
            model.outputs[$0].name == counted && !request.outputs.contains($0)
        }
        let begin = ContinuousClock.now
        let outputs: [Tensor]
        do throws(Fault) {
            outputs = try await model.infer(request.inputs, outputs: request.outputs + more)
        } catch {
            tally.withLock { $0.fail() }
            throw ProtocolError(status: 500, message: error.description)
        }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        tally.withLock { $0.add(request.inputs, outputs, seconds: seconds) }
        return try Answers.inference(
            Array(outputs.prefix(request.outputs.count)), model: model.name,
            version: model.version, id: request.id)
    }

    private func read(_ body: [UInt8]) throws(ProtocolError) -> InferenceRequest {
        // No text within the limit on bytes has more values than half its bytes.
        let limits = JSONLimits(bytes: Self.bodyLimit, depth: 36, values: Self.bodyLimit / 2 + 1)
        let json: JSONValue
        do throws(Fault) {
            json = try JSONReader.read(body, limits: limits)
        } catch {
            throw .badRequest(error.message)
        }
        return try InferenceRequest(json: json, inputs: model.inputs, outputs: model.outputs)
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
