internal import Bundle
internal import DurableFiles
internal import Faults
internal import Glibc
internal import Smoke
internal import StrictJSON
internal import Telemetry

/// Makes a version's reference as its description says: from a validation run, or from a file.
struct ReferenceMaker {
    private let description: BuildDescription
    private let progress: (_ phase: String, _ done: Int64, _ total: Int64) -> Void

    init(
        _ description: BuildDescription,
        progress: @escaping (_ phase: String, _ done: Int64, _ total: Int64) -> Void
    ) {
        self.description = description
        self.progress = progress
    }

    /// Makes the reference of a tree that is being built.
    ///
    /// - Parameters:
    ///   - tree: the tree.
    ///   - output: the path beside which it is put together for a validation run.
    /// - Returns: the reference; `nil` where the description has none.
    /// - Throws: a `Fault` of code `source` at the place in the description, or of a `smoke-…` code.
    func make(
        _ tree: borrowing SourceTree, beside output: String
    ) throws(Fault) -> MadeReference? {
        guard let reference = description.reference else { return nil }
        let path: String
        switch reference.origin {
        case .file(let file): return try ReferenceMaker.read(file, reference)
        case .validation(let directory): path = directory
        }
        let validation = try ReferenceMaker.open(path, reference)
        let standing = try StandingTree.make(tree, beside: output, progress: progress)
        return try run(in: standing.root, over: validation, reference)
    }

    /// Makes the reference of a tree that stands somewhere.
    ///
    /// - Parameters:
    ///   - tree: the tree's root, opened by its absolute path.
    ///   - validation: the directory of the inputs; `nil` for the description's.
    /// - Returns: the reference.
    /// - Throws: a `Fault` likewise.
    func make(
        in tree: borrowing Directory, over validation: String?
    ) throws(Fault) -> MadeReference {
        let path = try validationPath(validation)
        return try run(
            in: tree, over: try ReferenceMaker.open(path, described(validation)),
            described(validation))
    }

    /// The directory of the inputs: that of the command, or the description's.
    func validationPath(_ named: String?) throws(Fault) -> String {
        if let named { return named }
        if case .validation(let path)? = description.reference?.origin { return path }
        throw Fault(
            .source, "The description names no validation inputs.",
            advice: "Name their directory with --validation, or as “validation” of “reference”.")
    }

    /// The mapping whose place is told; none for a directory that the command named.
    private func described(_ validation: String?) -> ReferenceDescription? {
        validation == nil ? description.reference : nil
    }

    private func run(
        in tree: borrowing Directory, over validation: borrowing Directory,
        _ place: ReferenceDescription?
    ) throws(Fault) -> MadeReference {
        guard case .inference(var inference) = description.smoke else {
            throw Fault(
                .source, "A smoke specification of kind “command” answers no inferences.",
                advice: "Describe the program by a smoke specification of kind “inference”.")
        }
        inference.deadline =
            description.reference?.deadline ?? ReferenceDescription.standardDeadline
        let progress = progress
        do throws(Fault) {
            let outcome = try ReferenceRun(
                inference, runtimeDirectory: ReferenceMaker.temporaryDirectory,
                pageLimit: MetricText.limit
            ).perform(
                in: tree, over: validation,
                check: { (page) throws(Fault) in try ReferenceCounts.check(page) },
                progress: { progress("Validating", $0, $1) })
            var made = try ReferenceCounts.reference(outcome)
            if let reference = description.reference {
                made.limits = try reference.limits(over: made.limits)
            }
            try ReferenceCounts.checkUse(made)
            return MadeReference(made, outcome, description.reference)
        } catch {
            throw place?.fault(error) ?? error.during("The validation run")
        }
    }

    private static func read(
        _ path: String, _ reference: ReferenceDescription
    ) throws(Fault) -> MadeReference {
        let bytes: [UInt8]
        var made: ModelReference
        do throws(Fault) {
            bytes = try FilePlace.read(path, limit: ReferenceCounts.limit + 1)
            made = try ModelReference(
                try JSONReader.read(bytes, limits: JSONLimits(bytes: ReferenceCounts.limit + 1)))
        } catch {
            throw reference.fault(error)
        }
        made.limits = try reference.limits(over: made.limits)
        do throws(Fault) {
            try ReferenceCounts.checkUse(made)
        } catch {
            throw reference.fault(error)
        }
        return MadeReference(made, nil, reference)
    }

    private static func open(
        _ path: String, _ place: ReferenceDescription?
    ) throws(Fault) -> Directory {
        do throws(Fault) {
            return try Directory.open(path: path)
        } catch {
            throw place?.fault(error) ?? error
        }
    }

    /// Where the socket is made: its path must be short.
    private static var temporaryDirectory: String {
        let named = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? ""
        return named.utf8.first == UInt8(ascii: "/") && named.utf8.count <= 70 ? named : "/tmp"
    }
}
