internal import DurableFiles
public import Faults
internal import StrictJSON
internal import Telemetry

/// Makes the reference of a version as a file, so that a build elsewhere can take it: a build for
/// another processor cannot run the program.
public struct ReferenceBuilder {
    private let description: BuildDescription
    private let progress: (_ phase: String, _ done: Int64, _ total: Int64) -> Void

    /// Sets it up.
    ///
    /// - Parameters:
    ///   - description: what is to be built.
    ///   - progress: told of phases and of the bytes done in them.
    public init(
        _ description: BuildDescription,
        progress: @escaping (_ phase: String, _ done: Int64, _ total: Int64) -> Void = { _, _, _ in
        }
    ) {
        self.description = description
        self.progress = progress
    }

    /// Runs the program over the validation inputs.
    ///
    /// - Parameters:
    ///   - path: the file to write; one that exists is replaced at the very end.
    ///   - tree: a directory that is the version's tree already; `nil` to put it together from the
    ///     description's sources.
    ///   - validation: the directory of the inputs; `nil` for the description's.
    /// - Returns: what is in the file.
    /// - Throws: a `Fault` of code `source`, of a `smoke-…` code where the program fails, or of the
    ///   disk.
    public func build(
        to path: String, tree: String? = nil, validation: String? = nil
    ) throws(Fault) -> ReferenceReport {
        let maker = ReferenceMaker(description, progress: progress)
        _ = try maker.validationPath(validation)
        var output = try OutputFile.begin(path)
        let made: MadeReference
        if let tree {
            let root = try Directory.open(path: try AbsolutePath.of(tree))
            made = try maker.make(in: root, over: validation)
        } else {
            let sources = try SourceTree.assemble(
                description.sources, below: description.directory)
            _ = try TreeChecks(sources, description).complete(description.smoke)
            let standing = try StandingTree.make(sources, beside: path, progress: progress)
            made = try maker.make(in: standing.root, over: validation)
        }
        try output.write((made.value.json.compact + [0x0A]).span)
        try output.commit()
        return made.report
    }
}
