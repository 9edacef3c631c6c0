import Faults
import FlyingFox
import FlyingSocks
import Foundation

/// The real program in a process of its own, with an empty environment.
final class ServerProcess {
    let socket: String
    private let process = Process()
    private let errors = Pipe()

    static var executable: URL {
        // Beside the test runner: SwiftPM puts both into one directory.
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "bearing-infer")
    }

    init(socket: String, arguments: [String]? = nil) throws {
        try Bearing.require()
        self.socket = socket
        process.executableURL = Self.executable
        process.arguments =
            arguments ?? [
                "--model", Bearing.model, "--runtime", Bearing.runtime, "--socket", socket,
            ]
        process.environment = [:]
        process.standardError = errors
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// Returns when the program answers that it is ready.
    func waitUntilReady() async throws {
        for _ in 0..<600 {
            if let answer = try? await get("/v2/health/ready"), answer.status == 200 { return }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Fault(.smokeNotReady, "bearing-infer was not ready: \(end(SIGKILL).text)")
    }

    /// Ends the program and waits for it.
    func end(_ signal: Int32) -> (status: Int32, text: String) {
        kill(process.processIdentifier, signal)
        return wait()
    }

    /// Waits until the program ends by itself.
    func wait() -> (status: Int32, text: String) {
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    func get(_ path: String) async throws -> (status: Int, body: [UInt8]) {
        try await Self.send("GET", path, [], to: socket)
    }

    func post(_ path: String, _ body: [UInt8]) async throws -> (status: Int, body: [UInt8]) {
        try await Self.send("POST", path, body, to: socket)
    }

    /// Sends bytes that need be no request, reads nothing, and hangs up.
    func sendAndHangUp(_ text: String) async throws {
        let connection = try await AsyncSocket.connected(to: .unix(path: socket))
        try await connection.write(Data(text.utf8))
        try connection.close()
    }

    static func send(
        _ method: String, _ path: String, _ body: [UInt8], to socket: String
    ) async throws -> (status: Int, body: [UInt8]) {
        var client = HTTPClient()
        let response = try await client.sendHTTPRequest(
            HTTPRequest(
                method: HTTPMethod(method), version: .http11, path: path, query: [],
                headers: [HTTPHeader("Host"): "localhost"], body: Data(body)),
            to: .unix(path: socket))
        return (response.statusCode.code, Array(try await response.bodyData))
    }
}
