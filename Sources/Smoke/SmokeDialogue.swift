internal import Bundle
internal import Faults
internal import Processes
internal import Transport

/// What is asked of a running program that serves the Open Inference Protocol on its socket.
///
/// While an answer is waited for, the watch looks at every limit.
struct SmokeDialogue: ~Copyable {
    private let inference: SmokeInference
    private let watch: SmokeWatch
    private var client: LocalHTTP

    init(_ inference: SmokeInference, _ watch: SmokeWatch, socket: String) throws(Fault) {
        client = try LocalHTTP.make(.unix(socket))
        self.inference = inference
        self.watch = watch
    }

    /// Waits until the program is ready.
    ///
    /// - Returns: how long that took, in milliseconds.
    /// - Throws: the `Fault` of a program that is not.
    mutating func awaitReady() throws(Fault) -> Int64 {
        let start = BootClock.now
        let patience = Deadline(after: .milliseconds(inference.readyTimeout))
        var last = "it never answered"
        while true {
            try watch.tick()
            if let status = watch.status {
                throw Fault(
                    .smokeNotReady, "The program \(status) before it was ready.",
                    cause: SmokeRun.lastLines(watch.outputTail))
            }
            guard !patience.passed else {
                throw Fault(
                    .smokeNotReady,
                    "The program was not ready within \(inference.readyTimeout) ms: \(last).",
                    cause: SmokeRun.lastLines(watch.outputTail))
            }
            let limits = LocalHTTPLimits(
                connectMilliseconds: 1000,
                totalMilliseconds: min(2000, max(1, Int(patience.remaining.milliseconds))),
                responseBytes: 65536)
            switch try send(.get(OpenInference.readyPath), limits) {
            case .answered(let answer) where (200..<300).contains(answer.status):
                return (BootClock.now - start).milliseconds
            case .answered(let answer): last = "it answers with HTTP status \(answer.status)"
            case .failed(let failure):
                // libcurl names a host and a port even for a socket.
                last =
                    failure.kind == .noConnection
                    ? "nobody listens on its socket" : failure.text
            }
            try watch.pause(.milliseconds(20))
        }
    }

    /// Asks for an inference.
    ///
    /// - Parameters:
    ///   - request: the protocol's JSON.
    ///   - what: what is asked about, for messages: `the case smoke/test_data_set_0`.
    /// - Returns: the answer, of status 200.
    /// - Throws: the `Fault` that the program failed with.
    mutating func ask(_ request: [UInt8], _ what: String) throws(Fault) -> LocalAnswer {
        try watch.tick()
        let outcome = try send(
            .post(OpenInference.inferPath(inference.model), request),
            limits(OpenInference.answerLimit))
        switch outcome {
        case .answered(let answer) where answer.status == 200: return answer
        case .answered(let answer):
            throw Fault(
                .smokeFailed, "The program refused \(what) with HTTP status \(answer.status).",
                cause: OpenInference.refusalText(answer.body))
        case .failed(let failure): throw try silence(failure, what)
        }
    }

    /// Asks for a page.
    ///
    /// - Parameters:
    ///   - path: the page's path.
    ///   - limit: the most bytes that it may have.
    /// - Returns: the answer, whatever its status.
    /// - Throws: the `Fault` that the program failed with.
    mutating func page(_ path: String, limit: Int) throws(Fault) -> LocalAnswer {
        try watch.tick()
        switch try send(.get(path), limits(limit)) {
        case .answered(let answer): return answer
        case .failed(let failure): throw try silence(failure, path)
        }
    }

    /// The program must have lived to the end.
    func checkAlive() throws(Fault) {
        try watch.tick()
        if let status = watch.status { throw ended(status, during: "after its last answer") }
    }

    private func limits(_ bytes: Int) -> LocalHTTPLimits {
        LocalHTTPLimits(totalMilliseconds: watch.remainingMilliseconds, responseBytes: bytes)
    }

    private mutating func send(
        _ request: LocalRequest, _ limits: LocalHTTPLimits
    ) throws(Fault) -> LocalOutcome {
        let watch = watch
        return try client.send(request, limits: limits) { () throws(Fault) in try watch.tick() }
    }

    /// Why there is no answer.
    private func silence(_ failure: LocalFailure, _ what: String) throws(Fault) -> Fault {
        // Often the program is just dying, or was over a limit; that says more.
        for _ in 0..<50 where watch.status == nil {
            try watch.tick()
            try watch.pause(.milliseconds(20))
        }
        try watch.tick()
        if let status = watch.status { return ended(status, during: "during \(what)") }
        return Fault(
            .smokeFailed, "The program did not answer \(what) as HTTP: \(failure.text).",
            cause: SmokeRun.lastLines(watch.outputTail))
    }

    private func ended(_ status: ExitStatus, during what: String) -> Fault {
        Fault(
            .smokeFailed, "The program \(status) \(what).",
            cause: SmokeRun.lastLines(watch.outputTail))
    }
}
