internal import FlyingFox
internal import FoundationEssentials

/// ``Routes`` over HTTP: bodies, headers and status lines.
struct HTTPRoutes: HTTPHandler {
    let routes: Routes
    let inFlight = InFlight()

    func handleRequest(_ request: HTTPRequest) async -> HTTPResponse {
        await inFlight.during { await answer(request) }
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        do throws(ProtocolError) {
            // The body first, whatever the route: what is left of it would be taken for the
            // connection's next request.
            let body = try await RequestBody.read(
                request.bodySequence, limit: Routes.bodyLimit)
            guard request.headers[HTTPHeader("Inference-Header-Content-Length")] == nil else {
                throw .badRequest(
                    "The request has binary tensor data; this server offers no extension, and "
                        + "takes JSON.")
            }
            let answer = await routes.answer(request.method.rawValue, request.path, body)
            return Self.response(answer.status, answer.body, type: answer.type)
        } catch {
            return Self.response(error.status, error.body, last: error.status == 413)
        }
    }

    private static func response(
        _ status: Int, _ text: [UInt8], type: String = "application/json", last: Bool = false
    ) -> HTTPResponse {
        let phrase =
            switch status {
            case 200: "OK"
            case 400: "Bad Request"
            case 404: "Not Found"
            case 405: "Method Not Allowed"
            case 413: "Payload Too Large"
            default: "Internal Server Error"
            }
        var headers = HTTPHeaders([.contentType: type])
        if last { headers[.connection] = "close" }
        let body = Data(text)
        return HTTPResponse(
            statusCode: HTTPStatusCode(status, phrase: phrase), headers: headers,
            body: last ? LastWords.sequence(body) : HTTPBodySequence(data: body))
    }
}
