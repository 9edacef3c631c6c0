public import Bundle
public import DurableFiles
public import Faults
internal import Processes
internal import Transport

/// Runs a version's program over a release's validation inputs, and takes what it counted of its
/// answers: the pages of metrics before and after.
///
/// The program is started as for a smoke run, from a tree, but not isolated: this is the builder's
/// machine, and the tree is the builder's own.
public struct ReferenceRun {
    /// The most inputs that a run takes.
    public static let mostInputs = 100_000
    /// Where the page of metrics is asked for.
    public static let pagePath = "/metrics"

    /// What came of a run.
    public struct Outcome: Sendable {
        /// The page before the first input.
        public var before: [UInt8]
        /// The page after the last.
        public var after: [UInt8]
        /// How many inferences were asked for.
        public var inferences: Int
        /// How many rows their inputs have: more where the model takes batches.
        public var rows: Int
        /// From the first to the last inference, in milliseconds.
        public var duration: Int64
    }

    private let inference: SmokeInference
    private let runtimeDirectory: String
    private let pageLimit: Int
    private let checkpoint: () throws(Fault) -> Void

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - inference: what is started, and its limits; of the deadline, the whole run's.
    ///   - runtimeDirectory: an existing directory, absolute, for the socket.
    ///   - pageLimit: the most bytes of a page of metrics.
    ///   - checkpoint: called about every 20 ms; what it throws ends the run.
    public init(
        _ inference: SmokeInference, runtimeDirectory: String, pageLimit: Int,
        checkpoint: @escaping () throws(Fault) -> Void = {}
    ) {
        self.inference = inference
        self.runtimeDirectory = runtimeDirectory
        self.pageLimit = pageLimit
        self.checkpoint = checkpoint
    }

    /// Runs it.
    ///
    /// - Parameters:
    ///   - tree: the tree that the program is started from, opened by its absolute path.
    ///   - validation: the directory with the inputs, as `test_data_set_N/input_M.pb`; outputs are not
    ///     looked at.
    ///   - check: told the page before the first input; what it throws ends the run.
    ///   - progress: told how many bytes of inputs were asked of how many.
    /// - Returns: what came.
    /// - Throws: a `Fault`: of a `smoke-…` code where the program fails, `source` where it has no page
    ///   of metrics, `malformed` of inputs that cannot be read.
    public func perform(
        in tree: borrowing Directory, over validation: borrowing Directory,
        check: ([UInt8]) throws(Fault) -> Void, progress: (Int64, Int64) -> Void
    ) throws(Fault) -> Outcome {
        let sets = try ReferenceRun.sets(in: validation)
        let program = try StartedProgram(
            .inference(inference),
            SmokeConfiguration(isolation: .none, runtimeDirectory: runtimeDirectory),
            tree: tree.path, checkpoint: checkpoint)
        let watch = program.watch
        do throws(Fault) {
            var dialogue = try SmokeDialogue(inference, watch, socket: program.socket)
            _ = try dialogue.awaitReady()
            let before = try page(&dialogue)
            try check(before)
            var outcome = Outcome(before: before, after: [], inferences: 0, rows: 0, duration: 0)
            let start = BootClock.now
            try ask(&dialogue, sets, validation, &outcome, progress)
            outcome.duration = (BootClock.now - start).milliseconds
            outcome.after = try page(&dialogue)
            try dialogue.checkAlive()
            try watch.end()
            return outcome
        } catch {
            // The first fault counts; what ending it says then is of no more use.
            _ = try? watch.end()
            throw explained(error)
        }
    }

    private func ask(
        _ dialogue: inout SmokeDialogue, _ sets: [InputSet], _ validation: borrowing Directory,
        _ outcome: inout Outcome, _ progress: (Int64, Int64) -> Void
    ) throws(Fault) {
        let total = sets.reduce(0) { $0 + $1.bytes }
        var done: Int64 = 0
        for set in sets {
            progress(done, total)
            let inputs = try GoldenCase.inputs(in: try validation.open(set.name))
            _ = try dialogue.ask(
                try OpenInference.request(inputs), "the validation input \(set.name)")
            outcome.inferences += 1
            let shape = inputs.first?.shape ?? []
            outcome.rows += shape.count > 1 ? shape[0] : 1
            done += set.bytes
        }
        progress(total, total)
    }

    private func page(_ dialogue: inout SmokeDialogue) throws(Fault) -> [UInt8] {
        let answer = try dialogue.page(ReferenceRun.pagePath, limit: pageLimit)
        guard (200..<300).contains(answer.status) else {
            throw Fault(
                .source,
                "The program has no page of metrics: \(ReferenceRun.pagePath) on its socket answers "
                    + "with HTTP status \(answer.status).",
                advice: "Let it count what docs/telemetry.md says, or leave “reference” out.")
        }
        return answer.body
    }

    private func explained(_ fault: Fault) -> Fault {
        guard fault.code == .smokeDeadline else { return fault }
        return Fault(
            .smokeDeadline,
            "It was not over within its deadline of \(inference.deadline) ms.",
            advice: "Allow more time (“deadline” of “reference”), or take fewer inputs.")
    }

    /// A directory with the inputs of one inference, and the bytes of the first of them.
    private struct InputSet {
        var name: String
        var bytes: Int64
    }

    /// The sets in numeric order.
    private static func sets(in validation: borrowing Directory) throws(Fault) -> [InputSet] {
        let prefix = "test_data_set_"
        var numbers: [Int] = []
        for name in try validation.names(limit: 2 * mostInputs) where name.hasPrefix(prefix) {
            let digits = name.dropFirst(prefix.count)
            guard let number = Int(digits), number >= 0, "\(number)" == digits else { continue }
            numbers.append(number)
        }
        guard (1...mostInputs).contains(numbers.count) else {
            throw Fault(
                .malformed,
                "\(validation.path) has \(numbers.count) directories test_data_set_N; 1 to "
                    + "\(mostInputs) were expected.",
                advice: "Each has the inputs of one inference, as input_0.pb and so on.")
        }
        var sets: [InputSet] = []
        for number in numbers.sorted() {
            let name = "\(prefix)\(number)"
            guard let set = try validation.openIfPresent(name) else { continue }
            sets.append(InputSet(name: name, bytes: try set.info("input_0.pb")?.size ?? 0))
        }
        return sets
    }
}
