internal import Trust
public import Faults
internal import Repository
internal import StrictJSON

/// Deletes what no metadata leads to any more, after a time of grace.
extension RepositoryPublisher {
    /// The hours for which a file that nothing leads to stays, by default: a week.
    public static let grace = 168

    private static let noted = RepositoryFolder.work + "unreferenced.json"

    /// Deletes files that nothing leads to, and that were seen so by an earlier command at least so
    /// long ago; notes those that are seen so for the first time.
    ///
    /// A reader that began before they went has that long to end its download.
    ///
    /// - Parameter grace: the time of grace in hours.
    /// - Returns: what was deleted, and what waits.
    /// - Throws: a `Fault`, also where an envelope that is offered cannot be read.
    public func prune(grace: Int = RepositoryPublisher.grace) throws(Fault) -> RepositoryOutcome {
        let folder = try open("repo prune")
        let state = try PresentState.read(path)
        var outcome = RepositoryOutcome(state)
        let seen = try unreferenced(state, folder)
        let due = seen.filter { now - $0.since >= Int64(grace) * 3600 }
        for file in due {
            try folder.remove(file.path)
            outcome.deleted.append(file.path)
        }
        let waiting = seen.filter { file in !due.contains { $0.path == file.path } }
        try note(waiting, folder)
        if !waiting.isEmpty {
            outcome.warnings.append(
                "\(waiting.count) files that nothing leads to stay for \(grace) hours from when "
                    + "that was first seen.")
        }
        return outcome
    }

    /// Notes since when nothing leads to some files.
    ///
    /// - Returns: a warning where that could not be found out; the publication stands all the same.
    func noteUnreferenced(_ folder: borrowing RepositoryFolder) throws(Fault) -> [String] {
        let seen: [(path: String, since: Int64)]
        do throws(Fault) {
            seen = try unreferenced(try PresentState.read(path), folder)
        } catch {
            return ["What is no longer needed could not be found out: \(error.message)"]
        }
        try note(seen, folder)
        return []
    }

    private func note(
        _ files: [(path: String, since: Int64)], _ folder: borrowing RepositoryFolder
    ) throws(Fault) {
        guard !files.isEmpty else { return try folder.remove(RepositoryPublisher.noted) }
        let list = JSONValue.members(files.map { ($0.path, .integer($0.since)) })
        try folder.replace(
            RepositoryPublisher.noted, with: JSONValue.members([("files", list)]).pretty)
    }

    /// The files that nothing leads to, each with the time when that was first seen.
    private func unreferenced(
        _ state: PresentState, _ folder: borrowing RepositoryFolder
    ) throws(Fault) -> [(path: String, since: Int64)] {
        var earlier: JSONValue?
        let limits = JSONLimits(bytes: 64 << 20, depth: 4, values: 1_000_000)
        do throws(Fault) {
            if let bytes = try folder.read(RepositoryPublisher.noted, limit: limits.bytes) {
                earlier = try JSONReader.read(bytes, limits: limits)["files"]
            }
        } catch {
            // Then all of it is seen for the first time, and stays for the whole time of grace.
            warn("\(path)/\(RepositoryPublisher.noted) cannot be read: \(error.message)")
        }
        var since: [String: Int64] = [:]
        if case .object(let members)? = earlier {
            for member in members {
                if case .number(let text) = member.value { since[member.key] = Int64(text) }
            }
        }
        let inventory = try RepositoryInventory.read(path)
        // Under the lock nobody is writing them any more.
        for remainder in inventory.remainders { try folder.remove(remainder) }
        let staged = try StagedTargets.read(folder)
        let used = try RepositoryReferences.read(
            state, staged: staged?.file.signed["targets"], in: path)
        return inventory.ours.filter { !used.contains($0) }.map { ($0, min(since[$0] ?? now, now)) }
    }
}
