internal import ArgumentParser
internal import Faults
internal import Glibc

/// The command.
@main
struct BearingInfer: AsyncParsableCommand {
    static let programName = "bearing-infer"
    static let programVersion = "1.0.0"

    static let configuration = CommandConfiguration(
        commandName: programName,
        abstract: "Serves one ONNX model on a unix socket.",
        discussion: """
            Opens ONNX Runtime's shared library, loads the model, runs it once, and
            then answers requests of the Open Inference Protocol v2 (JSON over
            HTTP/1.1) on the socket:

              GET  /v2/health/live        the program runs
              GET  /v2/health/ready       the model answers
              GET  /v2/models/NAME        what it takes and gives
              POST /v2/models/NAME/infer  an inference
              GET  /metrics               what was counted, as Prometheus reads it

            --metrics names a JSON file that says what of inputs and answers is counted
            beside requests, errors and times: the classes, and the intervals of
            confidence and of input statistics.

            The socket appears when the model is ready, and goes when SIGTERM or
            SIGINT ends the program. Nothing else is written anywhere, and no network
            is used. Who may connect is up to the socket's permissions, as the umask
            leaves them.

            Example:
              bearing-infer --model weights/bearing.onnx --runtime lib/libonnxruntime.so \\
                --socket /run/bearing/infer.sock
              curl --unix-socket /run/bearing/infer.sock http://localhost/v2/models/bearing
            """,
        version: "\(programName) \(programVersion)")

    @Option(help: ArgumentHelp("The model, an .onnx file.", valueName: "file"))
    var model: String

    @Option(help: ArgumentHelp("ONNX Runtime's shared library, 1.21 or later.", valueName: "lib"))
    var runtime: String

    @Option(help: ArgumentHelp("Where to make the unix socket.", valueName: "path"))
    var socket: String

    @Option(help: ArgumentHelp("The name under which the model is served.", valueName: "name"))
    var name = "bearing"

    @Option(help: ArgumentHelp("Threads that one inference uses.", valueName: "count"))
    var threads: Int32 = 1

    @Option(help: ArgumentHelp("What is counted, a JSON file.", valueName: "file"))
    var metrics: String?

    func validate() throws {
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(Self.isNameByte) else {
            throw ValidationError(
                "--name is “\(name)”; 1 to 64 letters, digits, dots, dashes and underscores were "
                    + "expected.")
        }
        guard (1...64).contains(threads) else {
            throw ValidationError("--threads is \(threads); 1 to 64 were expected.")
        }
    }

    func run() async throws {
        do throws(Fault) {
            let model = try Model(name: name, path: model, runtime: runtime, threads: threads)
            let plan = try metrics.map { (path) throws(Fault) in
                try MetricsPlan(
                    try LocalFile.read(path, limit: MetricsPlan.fileLimit),
                    inputs: model.inputs, outputs: model.outputs)
            }
            // Not before: until the socket is there, a signal may end the process as it is.
            let stop = StopSignal.stream()
            let server = InferenceServer(
                routes: Routes(model: model, plan: plan, started: Self.now),
                socket: SocketFile(path: socket))
            let ready =
                "serving \(name) \(model.version ?? "(no version)") on \(socket) with ONNX Runtime "
                + model.runtimeVersion
            try await server.run(until: stop) { Self.say(ready) }
        } catch {
            Self.say(error.description)
            throw ExitCode(error.code.exitStatus)
        }
    }

    /// Seconds since 1970.
    private static var now: Double {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func say(_ text: String) {
        let line = Array("\(programName): \(text)\n".utf8)
        _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
