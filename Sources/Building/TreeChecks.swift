internal import Archive
internal import Bundle
internal import Faults
internal import YAML

/// What a description says of files that must be in the tree.
enum TreeChecks {
    static func check(
        _ tree: borrowing SourceTree, _ description: BuildDescription
    ) throws(Fault) {
        guard !tree.entries.isEmpty else {
            throw description.fields.fault("tree", "has nothing in it")
        }
    }
}
