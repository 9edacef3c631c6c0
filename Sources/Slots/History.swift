internal import DurableFiles
public import Faults
internal import Glibc
public import StrictJSON

extension Store {
    private static let historyLimit = 256 << 10

    /// Appends an event to the history; bounded, the older half goes first.
    ///
    /// The history is for people: a failure to write it never stops what it tells of.
    ///
    /// - Parameters:
    ///   - event: what happened: `swapped`, `good`, `fell-back`, `rolled-back`, …
    ///   - slot: where.
    ///   - identity: which version.
    ///   - detail: why, in one sentence.
    public func note(
        _ event: String, slot: SlotName, identity: VersionIdentity?, detail: String = ""
    ) {
        note(event, tree: slot.tree, identity: identity, detail: detail)
    }

    /// Appends an event that is about a tree, or about none.
    ///
    /// - Parameters:
    ///   - event: what happened.
    ///   - tree: where; `nil` for nowhere.
    ///   - identity: which version.
    ///   - detail: why, in one sentence.
    public func note(
        _ event: String, tree: TreeName?, identity: VersionIdentity?, detail: String = ""
    ) {
        let line = JSONValue.members(
            [
                ("at", .integer(Int64(time(nil)))), ("event", .string(event)),
                ("slot", tree.map { .string($0.rawValue) }),
            ] + (identity?.members ?? []) + [
                ("detail", detail.isEmpty ? nil : .string(String(detail.prefix(1000))))
            ])
        do throws(Fault) {
            if let info = try state.info("history.jsonl"), info.size > Store.historyLimit {
                try state.rename("history.jsonl", to: "history.1.jsonl")
            }
            let file: Descriptor
            if let open = try state.openFile("history.jsonl", flags: O_WRONLY | O_APPEND) {
                file = open
            } else {
                file = try state.create("history.jsonl")
            }
            try file.write((line.compact + [0x0A]).span, "the history")
            try file.sync("the history")
        } catch {
            // Said on the console by whoever reports the event itself.
        }
    }

    /// How many events of some kinds the history holds, without reading each of them.
    ///
    /// - Parameter kinds: their names.
    /// - Returns: the count; less than ever happened, once the older half was given up.
    public func count(of kinds: [String]) -> Int {
        var count = 0
        for name in ["history.1.jsonl", "history.jsonl"] {
            let bytes = ((try? state.read(name, limit: 2 * Store.historyLimit)) ?? nil) ?? []
            for kind in kinds {
                let word = Array("\"event\":\"\(kind)\"".utf8)
                for line in bytes.split(separator: 0x0A) where line.contains(word) { count += 1 }
            }
        }
        return count
    }

    /// The events, oldest first; a line that a crash cut short is passed over.
    public func history() throws(Fault) -> [JSONValue] {
        var events: [JSONValue] = []
        for name in ["history.1.jsonl", "history.jsonl"] {
            let bytes = try state.read(name, limit: 2 * Store.historyLimit) ?? []
            for line in bytes.split(separator: 0x0A) {
                let limits = JSONLimits(bytes: 16 << 10, depth: 4, values: 64)
                if let event = try? JSONReader.read(Array(line), limits: limits) {
                    events.append(event)
                }
            }
        }
        return events
    }
}
