internal import Bundle
internal import DurableFiles
internal import Faults
internal import Transport

/// The questions put to a program that serves the Open Inference Protocol.
struct SmokeExam: ~Copyable {
    private let inference: SmokeInference
    private let watch: SmokeWatch
    private let socket: String

    /// Requests are kept up to this many bytes in all, and made again beyond.
    private static let keptRequests = 4 << 20

    init(_ inference: SmokeInference, _ watch: SmokeWatch, socket: String) {
        self.inference = inference
        self.watch = watch
        self.socket = socket
    }

    /// Waits until the program is ready, then asks for every case and measures.
    ///
    /// - Parameters:
    ///   - slot: where the golden cases stand.
    ///   - report: gets what is found, also where a fault follows.
    /// - Throws: the `Fault` that the version failed with.
    func perform(in slot: borrowing Directory, _ report: inout SmokeReport) throws(Fault) {
        var dialogue = try SmokeDialogue(inference, watch, socket: socket)
        report.ready = try dialogue.awaitReady()
        let requests = try askCases(&dialogue, slot, &report)
        try judge(report)
        try measure(&dialogue, slot, requests, &report)
        try dialogue.checkAlive()
    }

    /// Asks every case once and compares; returns the requests that are worth keeping.
    private func askCases(
        _ dialogue: inout SmokeDialogue, _ slot: borrowing Directory, _ report: inout SmokeReport
    ) throws(Fault) -> [[UInt8]?] {
        var requests: [[UInt8]?] = []
        var kept = 0
        for directory in inference.cases {
            let golden = try GoldenCase(directory, in: slot)
            let request = try OpenInference.request(golden.inputs)
            let answer = try dialogue.ask(request, "the case \(directory)")
            let count = golden.outputs.reduce(0) { $0 + $1.count }
            report.cases.append(
                CaseReport.compare(
                    try outputs(answer.body, directory, count), with: golden, inference.tolerance))
            let keep = kept + request.count <= SmokeExam.keptRequests
            if keep { kept += request.count }
            requests.append(keep ? request : nil)
        }
        return requests
    }

    private func outputs(
        _ body: [UInt8], _ directory: String, _ count: Int
    ) throws(Fault) -> [OpenInference.Output] {
        do {
            return try OpenInference.outputs(body, elements: count)
        } catch {
            // Many servers write NaN as it is, which no JSON reader takes: a wrong answer all the
            // same, not a broken protocol.
            if SmokeExam.mentions("NaN", body) || SmokeExam.mentions("Infinity", body) {
                throw Fault(
                    .smokeWrongAnswer,
                    "The answer to the case \(directory) is not finite (NaN or Infinity).",
                    cause: error.message)
            }
            throw Fault(
                .smokeFailed, "The answer to the case \(directory) breaks the protocol.",
                cause: error.message)
        }
    }

    private static func mentions(_ word: String, _ body: [UInt8]) -> Bool {
        let word = Array(word.utf8)
        guard body.count >= word.count else { return false }
        return (0...(body.count - word.count)).contains {
            body[$0] == word[0] && body[$0...].starts(with: word)
        }
    }

    private func judge(_ report: SmokeReport) throws(Fault) {
        let failed = report.cases.filter { !$0.passed }
        if let first = failed.first {
            let detail =
                first.problem
                ?? "\(first.outside) of \(first.elements) numbers are outside the tolerance, the "
                + "worst by \(first.worstAbsolute)"
            throw Fault(
                .smokeWrongAnswer,
                "\(failed.count) of \(report.cases.count) golden cases differ; \(first.directory): "
                    + "\(detail); |a − b| ≤ \(inference.tolerance.absolute) + "
                    + "\(inference.tolerance.relative) · |b| was expected.",
                advice: "Make the goldens from the model that ships, on a processor of this kind.")
        }
        let agreement = report.top1Agreement ?? 0
        guard agreement >= inference.minimumTop1Agreement else {
            throw Fault(
                .smokeWrongAnswer,
                "The highest class is the golden one in \(agreement) of the cases; "
                    + "\(inference.minimumTop1Agreement) was expected.")
        }
    }

    private func measure(
        _ dialogue: inout SmokeDialogue, _ slot: borrowing Directory, _ requests: [[UInt8]?],
        _ report: inout SmokeReport
    ) throws(Fault) {
        guard let latency = inference.latency else { return }
        var times: [Int64] = []
        var over = 0
        for run in 0..<(latency.warmUp + latency.runs) {
            // The cases take turns, so that no run finds its own input still warm.
            let place = run % inference.cases.count
            let kept = requests[place]
            let request: [UInt8]
            if let kept {
                request = kept
            } else {
                request = try OpenInference.request(
                    try GoldenCase(inference.cases[place], in: slot).inputs)
            }
            let answer = try dialogue.ask(request, "latency run \(run + 1)")
            guard run >= latency.warmUp else { continue }
            times.append(answer.nanoseconds)
            if answer.nanoseconds > Int64(latency.limit) * 1000 { over += 1 }
            // With one too many over the limit nothing can change the verdict.
            if over > latency.allowedOver ?? 0 { break }
        }
        let result = LatencyReport(times, latency)
        report.latency = result
        guard result.passed else {
            throw Fault(
                .smokeTooSlow,
                "\(result.over) of \(result.runs) runs took longer than \(latency.limit) µs (p95 "
                    + "\(result.p95) µs, slowest \(result.slowest) µs); at most "
                    + "\(result.allowedOver) of \(latency.runs) may for percentile "
                    + "\(latency.percentile) at confidence \(latency.confidence).",
                advice: "Ship a faster model for this machine, or raise the limit.")
        }
    }
}
