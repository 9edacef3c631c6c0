internal import Archive
internal import Bundle
internal import Faults
internal import YAML

/// What a description says of files that must be in the tree.
struct TreeChecks {
    private let fields: YAMLFields
    private let smokeFields: YAMLFields
    private let entries: [String: ArchiveEntry]

    init(_ tree: borrowing SourceTree, _ description: BuildDescription) throws(Fault) {
        fields = description.fields
        smokeFields = try fields.mapping("smoke")
        var entries: [String: ArchiveEntry] = [:]
        for entry in tree.entries { entries[entry.archive.path] = entry.archive }
        self.entries = entries
        guard !entries.isEmpty else { throw fields.fault("tree", "has nothing in it") }
    }

    /// Checks what the smoke run needs.
    ///
    /// - Parameter smoke: the specification as it was written.
    /// - Returns: the specification with its patterns of cases (`smoke/*`) replaced by what they
    ///   stand for.
    /// - Throws: a fault of code `source` at the place in the description.
    func complete(_ smoke: SmokeSpecification) throws(Fault) -> SmokeSpecification {
        try checkProgram(smoke.program.path)
        guard case .inference(var inference) = smoke else { return smoke }
        var cases: [String] = []
        for written in inference.cases { cases += try self.cases(written) }
        inference.cases = cases
        guard (1...1024).contains(cases.count), Set(cases).count == cases.count else {
            throw smokeFields.fault(
                "cases",
                "stands for \(cases.count) directories; 1 to 1024 different ones were expected"
            )
        }
        return .inference(inference)
    }

    /// Checks that each path to be sealed names something.
    func check(_ seal: SealRules) throws(Fault) {
        guard let sealFields = try fields.optionalMapping("seal"), sealFields.has("paths") else {
            return
        }
        for path in seal.paths where !path.isEmpty && entries[path] == nil {
            throw sealFields.fault(
                "paths", "names “\(path)”, which is not in the tree",
                advice: "Take it away, or check the tree's “to” paths.")
        }
    }

    private func checkProgram(_ path: String) throws(Fault) {
        var place = path
        // A link names a file in the tree, perhaps by another link.
        for _ in 0..<8 {
            switch entries[place]?.kind {
            case .symbolicLink(let target): place = TreeChecks.resolve(target, from: place)
            case .hardLink(let target): place = target
            case .file:
                guard let mode = entries[place]?.permissions, mode & 0o100 != 0 else {
                    throw smokeFields.fault(
                        "program", "is “\(path)”, which is not executable",
                        advice: "Make the file executable (chmod +x), or give it “mode: 0755”.")
                }
                return
            case .directory:
                throw smokeFields.fault("program", "is “\(path)”, which is a directory")
            case nil:
                throw smokeFields.fault(
                    "program", "is “\(path)”, which is not in the tree",
                    advice: "Add it under “tree”, or correct the path.")
            }
        }
        throw smokeFields.fault("program", "is “\(path)”, a link to a link, and so on")
    }

    private func cases(_ written: String) throws(Fault) -> [String] {
        guard written.hasSuffix("/*") else {
            for name in ["input_0.pb", "output_0.pb"] where entries["\(written)/\(name)"] == nil {
                throw smokeFields.fault(
                    "cases", "names “\(written)”, in which the tree has no \(name)",
                    advice: "A golden case is a directory with input_0.pb, output_0.pb and so on.")
            }
            return [written]
        }
        let prefix = String(written.dropLast())
        let found = entries.values.filter { entry in
            entry.kind == .directory && entry.path.hasPrefix(prefix)
                && !entry.path.dropFirst(prefix.count).contains("/")
                && entries["\(entry.path)/input_0.pb"] != nil
        }
        guard !found.isEmpty else {
            throw smokeFields.fault(
                "cases", "has “\(written)”, below which no directory has an input_0.pb")
        }
        return found.map(\.path).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The path that a link's target means, which the archive's rules keep within the tree.
    private static func resolve(_ target: String, from path: String) -> String {
        var components = path.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") {
            if part == ".." { _ = components.popLast() } else { components.append(String(part)) }
        }
        return components.joined(separator: "/")
    }
}
