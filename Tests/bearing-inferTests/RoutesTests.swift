import Foundation
import StrictJSON
import Testing

@testable import bearing_infer

@Suite struct RoutesTests {
    let routes: Routes

    init() throws { routes = Routes(model: try Bearing.loadModel()) }

    private func answer(
        _ method: String, _ path: String, _ body: String = ""
    ) async -> (status: Int, text: String) {
        let (status, body, _) = await routes.answer(method, path, Array(body.utf8))
        return (status, String(decoding: body, as: UTF8.self))
    }

    @Test(arguments: [
        ("/v2", #"{"name":"bearing-infer","version":"1.0.0","extensions":[]}"#),
        ("/v2/", #"{"name":"bearing-infer","version":"1.0.0","extensions":[]}"#),
        ("/v2/health/live", #"{"live":true}"#),
        ("/v2/health/ready", #"{"ready":true}"#),
        ("/v2/models/bearing/ready", #"{"name":"bearing","ready":true}"#),
        ("/v2/models/bearing/versions/1.0.0/ready", #"{"name":"bearing","ready":true}"#),
        (
            "/v2/models/bearing",
            #"{"name":"bearing","versions":["1.0.0"],"platform":"onnxruntime_onnx","#
                + #""inputs":[{"name":"signal","datatype":"FP32","shape":[1,2048]}],"#
                + #""outputs":[{"name":"probabilities","datatype":"FP32","shape":[1,4]}]}"#
        ),
    ])
    func `what the protocol asks about server and model is answered`(
        path: String, text: String
    ) async {
        #expect(await answer("GET", path) == (200, text))
    }

    @Test(arguments: [
        "/", "", "/v1", "/v2/health", "/v2/health/dead", "/v2/models", "/v2/models/bearing/explain",
        "/v2/models/bearing/versions", "/v2/models/bearing/versions/1.0.0/ready/now",
        "/v2/health/live/now", "/metrics/now",
    ])
    func `a path that the protocol does not have is refused`(path: String) async {
        let (status, text) = await answer("GET", path)
        #expect(status == 404)
        #expect(text.hasPrefix(#"{"error":"Nothing is served at “\#(path)”;"#))
    }

    @Test func `another model or version is refused with the one that is served`() async {
        #expect(
            await answer("GET", "/v2/models/gear") == (
                404, #"{"error":"There is no model “gear”; “bearing” is served."}"#
            ))
        #expect(
            await answer("POST", "/v2/models/bearing/versions/2/infer", "{}") == (
                404, #"{"error":"The model “bearing” has no version “2”; “1.0.0” is served."}"#
            ))
    }

    @Test func `another method is refused`() async {
        #expect(
            await answer("GET", "/v2/models/bearing/infer") == (
                405, #"{"error":"The method is GET; POST was expected."}"#
            ))
        #expect(await answer("DELETE", "/v2/models/bearing").status == 405)
    }

    @Test(arguments: ["", "{", "null", "{\"inputs\":[NaN]}", "[1,", "\u{0}", "{}"])
    func `a body that is no request is refused`(body: String) async {
        let (status, text) = await answer("POST", "/v2/models/bearing/infer", body)
        #expect(status == 400)
        #expect(text.hasPrefix(#"{"error":"#))
    }

    @Test func `a text that is nested too deep, or is full of values, is refused`() async {
        let deep = String(repeating: "[", count: 500_000)
        #expect(await answer("POST", "/v2/models/bearing/infer", deep).status == 400)
        let wide = "[" + String(repeating: "0,", count: 500_000) + "0]"
        #expect(await answer("POST", "/v2/models/bearing/infer", wide).status == 400)
    }

    @Test func `infinite and missing samples are refused by position`() async throws {
        let good = String(decoding: try Bearing.Case(0).request(), as: UTF8.self)
        let start = try #require(good.range(of: #""data":["#)?.upperBound)
        let comma = try #require(good[start...].firstIndex(of: ","))
        let huge = good.replacingCharacters(in: start..<comma, with: "1e39")
        let (status, text) = await answer("POST", "/v2/models/bearing/infer", huge)
        #expect(status == 400)
        #expect(text.contains("“request.inputs[0].data[0]” is 1e39; a finite number"))
        let short = good.replacingCharacters(in: start...comma, with: "")
        #expect(
            await answer("POST", "/v2/models/bearing/infer", short) == (
                400,
                #"{"error":"“request.inputs[0].data” has 2047 elements; the shape [1, 2048] takes 2048."}"#
            ))
    }

    @Test(arguments: 0..<8)
    func `golden cases are answered, flat and nested alike`(number: Int) async throws {
        let golden = try Bearing.Case(number)
        let flat = await routes.answer(
            "POST", "/v2/models/bearing/infer", golden.request(id: "case \(number)"))
        #expect(flat.status == 200)
        #expect(try golden.error(of: flat.body) < Bearing.tolerance)
        let json = try JSONReader.read(flat.body, limits: JSONLimits(bytes: 1 << 16))
        #expect(json["id"] == .string("case \(number)"))
        #expect(json["model_version"] == .string("1.0.0"))

        let text = String(decoding: golden.request(), as: UTF8.self)
        let nested = text.replacing(#""data":["#, with: #""data":[["#).replacing(
            "]}]}", with: "]]}]}")
        let again = await answer("POST", "/v2/models/bearing/infer", nested)
        #expect(again.status == 200, "\(again.text)")
        #expect(
            try Bearing.probabilities(Array(again.text.utf8)) == Bearing.probabilities(flat.body))
    }
}
