import Foundation
import Testing

@testable import bearing_infer

@Suite struct ServerTests {
    private let folder: URL
    private var socket: String { folder.appending(path: "s").path }

    init() throws {
        folder = URL(fileURLWithPath: "/tmp/nacelle-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
    }

    @Test func `golden cases are answered over the socket, and the program ends cleanly`()
        async throws
    {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try ServerProcess(socket: socket)
        try await server.waitUntilReady()
        for number in 0..<8 {
            let golden = try Bearing.Case(number)
            let answer = try await server.post("/v2/models/bearing/infer", golden.request())
            #expect(answer.status == 200)
            #expect(try golden.error(of: answer.body) < Bearing.tolerance)
        }
        #expect(try await server.get("/v2/models/gear").status == 404)
        #expect(try await server.post("/v2/models/bearing/infer", [0x7B]).status == 400)
        #expect(try names() == ["s"])
        let ended = server.end(SIGTERM)
        #expect(ended.status == 0)
        #expect(ended.text.contains("serving bearing 1.0.0"))
        #expect(try names() == [])
    }

    @Test func `a hundred requests at once are each answered with their own`() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try ServerProcess(socket: socket)
        try await server.waitUntilReady()
        let cases = try (0..<8).map { try Bearing.Case($0) }
        let socket = socket
        try await withThrowingTaskGroup(of: Float.self) { group in
            for number in 0..<100 {
                let golden = cases[number % 8]
                group.addTask {
                    let answer = try await ServerProcess.send(
                        "POST", "/v2/models/bearing/infer", golden.request(), to: socket)
                    return answer.status == 200 ? try golden.error(of: answer.body) : .infinity
                }
            }
            for try await error in group { #expect(error < Bearing.tolerance) }
        }
        #expect(server.end(SIGINT).status == 0)
    }

    @Test(arguments: [1 << 20 + 1, 3 << 20, 12 << 20])
    func `a body over the limit is refused, and the server serves on`(size: Int) async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try ServerProcess(socket: socket)
        try await server.waitUntilReady()
        let body = [UInt8](repeating: 0x20, count: size)
        // A client that is cut off while it writes may miss the answer, not more.
        if let answer = try? await server.post("/v2/models/bearing/infer", body) {
            #expect(answer.status == 413)
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(
                text == #"{"error":"The body has \#(size) bytes; at most 1048576 are accepted."}"#)
        } else {
            #expect(size > 9 << 20)
        }
        #expect(try await server.get("/v2/health/ready").status == 200)
        #expect(server.end(SIGTERM).status == 0)
    }

    @Test(arguments: [
        "", "\n\n", "GET /v2 HTTP/1.1\r\n", "\0\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n",
        "POST /v2/models/bearing/infer HTTP/1.1\r\nContent-Length: 100\r\n\r\n{",
        "POST /v2/models/bearing/infer HTTP/1.1\r\nContent-Length: -1\r\n\r\n{",
        "POST /v2/models/bearing/infer HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffff",
        "POST /v2/models/bearing/infer HTTP/1.1\r\nContent-Length: 999999\r\n\r\n{",
    ])
    func `a client that sends no request, or half of one, does no harm`(text: String) async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try ServerProcess(socket: socket)
        try await server.waitUntilReady()
        try await server.sendAndHangUp(text)
        #expect(try await server.get("/v2/health/ready").status == 200)
        #expect(server.end(SIGTERM).status == 0)
    }

    @Test func `the socket of a dead process is replaced, that of a living one is not`()
        async throws
    {
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try ServerProcess(socket: socket)
        try await first.waitUntilReady()
        let refused = try ServerProcess(socket: socket).wait()
        #expect(refused.status == 32)
        #expect(refused.text.contains("A process listens at \(socket) already."))
        #expect(try await first.get("/v2/health/ready").status == 200)
        _ = first.end(SIGKILL)
        #expect(try names() == ["s"])

        let second = try ServerProcess(socket: socket)
        try await second.waitUntilReady()
        #expect(second.end(SIGTERM).status == 0)
        #expect(try names() == [])
    }

    @Test func `a file that is no socket is not touched`() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("mine".utf8).write(to: URL(fileURLWithPath: socket))
        let refused = try ServerProcess(socket: socket).wait()
        #expect(refused.status == 41)
        #expect(try String(contentsOfFile: socket, encoding: .utf8) == "mine")
    }

    @Test func `a missing directory and a path that is too long are refused in words`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let missing = try ServerProcess(socket: folder.path + "/none/s").wait()
        #expect(missing.status == 41)
        #expect(missing.text.contains("Cannot serve on \(folder.path)/none/s."))
        let long = folder.path + "/" + String(repeating: "s", count: 105)
        let refused = try ServerProcess(socket: long).wait()
        #expect(refused.status == 40)
        #expect(refused.text.contains("has \(long.utf8.count) bytes; 1 to 104 are possible."))
    }

    @Test func `wrong arguments are refused before anything is opened`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let base = ["--model", "m", "--runtime", "r", "--socket", socket]
        for more in [["--threads", "0"], ["--threads", "x"], ["--name", "a/b"], ["--name", ""]] {
            let refused = try ServerProcess(socket: socket, arguments: base + more).wait()
            #expect(refused.status == 64)
        }
        #expect(try ServerProcess(socket: socket, arguments: []).wait().status == 64)
        let noRuntime = try ServerProcess(socket: socket, arguments: base).wait()
        #expect(noRuntime.status == 44)
        #expect(noRuntime.text.contains("Cannot open the runtime r."))
    }
}
