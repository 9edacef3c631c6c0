internal import StrictJSON
internal import Bundle
public import Faults
internal import Install
internal import Repository
internal import Sealing
internal import Transport
internal import Trust

/// Reads a whole repository as devices do, and looks for what they would stumble over.
///
/// Takes no lock and changes nothing, so a mirror that cannot be written to can be checked too.
public struct RepositoryCheck {
    private let path: String
    private let now: Int64
    private let key: String?
    private let days: Int?
    private let progress: (_ phase: String, _ done: Int64, _ total: Int64) -> Void

    /// Names what is to be checked.
    ///
    /// - Parameters:
    ///   - path: the repository's folder.
    ///   - now: the time, in seconds since 1970.
    ///   - key: a recipient's secret key file, by which the inside of sealed bundles is verified.
    ///   - days: how many days before something expires it is warned of; `nil` for 30 days of root and
    ///     targets, and 3 of snapshot and timestamp.
    ///   - progress: told of phases and of the bytes done in them.
    public init(
        path: String, now: Int64, key: String? = nil, days: Int? = nil,
        progress: @escaping (_ phase: String, _ done: Int64, _ total: Int64) -> Void = { _, _, _ in
        }
    ) {
        self.path = path
        self.now = now
        self.key = key
        self.days = days
        self.progress = progress
    }

    /// Checks everything.
    ///
    /// - Returns: what was found.
    /// - Throws: a `Fault` where the metadata cannot be read, so that nothing else could be checked.
    public func run() throws(Fault) -> RepositoryReport {
        let state = try PresentState.read(path)
        let tree = FolderTree(path: path)
        var report = RepositoryReport(RepositoryOutcome(state))
        report.dates = TrustRole.allCases.map { ($0, state.expires($0)) }
        do throws(Fault) {
            // As the device that was shipped with the oldest root.
            _ = try DeviceView(from: state.roots[0], at: now) { (name, limit) throws(Fault) in
                try tree.read(RepositoryLayout.metadata + name, limit: limit)
            }
        } catch {
            report.findings.append(RepositoryFinding(path: "metadata", fault: error))
        }
        warnOfDates(state, &report)
        let (offers, unreadable) = state.readableOffers()
        report.findings += unreadable
        for offer in offers {
            do throws(Fault) {
                try check(offer, offers, state.root, tree, &report)
                report.bundles.append(offer.bundle)
            } catch {
                report.findings.append(
                    RepositoryFinding(path: offer.target.path, fault: error))
            }
        }
        let ours = Set(offers.map(\.target.path) + unreadable.map(\.path))
        for target in state.trusted.targets.files where !ours.contains(target.path) {
            do throws(Fault) { try check(foreign: target) } catch {
                report.findings.append(RepositoryFinding(path: target.path, fault: error))
            }
        }
        try lookAround(state, tree, &report)
        report.findings.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return report
    }

    private func check(
        _ offer: PresentState.Offer, _ offers: [PresentState.Offer], _ root: VerifiedRoot,
        _ tree: FolderTree, _ report: inout RepositoryReport
    ) throws(Fault) {
        let stored = RepositoryLayout.targets + offer.target.storedPath(consistentSnapshot: true)
        guard let envelope = try tree.read(stored, limit: BundleLimits.envelopeBytes) else {
            throw missing(stored)
        }
        try offer.target.check(envelope)
        let list = RepositoryLayout.recipients(of: offer.bundle.bundle)
        let recipients = try tree.read(list, limit: Recipients.maximumLength) ?? []
        let parts = try BundleParts(envelope: envelope, recipients: recipients, root: root)
        guard parts.target == offer.bundle else {
            throw Fault(
                .malformed,
                "What the targets say of the bundle is not what its manifest says: version "
                    + "\(offer.bundle.version), release \(offer.bundle.releaseCounter) against "
                    + "\(parts.target.version), release \(parts.target.releaseCounter).",
                advice: "Remove the bundle and add it again.")
        }
        guard parts.path == offer.target.path else {
            throw Fault(
                .malformed, "The bundle belongs at the target path “\(parts.path)”.",
                advice: "Remove the bundle and add it again.")
        }
        guard (parts.manifest.commitment == nil) == recipients.isEmpty else {
            if recipients.isEmpty { throw missing(list) }
            throw Fault(.malformed, "\(list) is there, and the bundle is not sealed.")
        }
        if let delta = offer.bundle.delta,
            !offers.contains(where: { $0.bundle.bundle == delta.full && $0.bundle.delta == nil })
        {
            throw Fault(
                .notFound,
                "The delta stands for the full bundle \(Hex.encode(delta.full)), which is not in "
                    + "the repository.", advice: "Add the full bundle, or remove the delta.")
        }
        for part in [parts.index, parts.pack] where !isThere(part) { throw missing(part) }
        let isWhole = try parts.verify(
            root: root, key: key, index: { () throws(Fault) in try tree.open(parts.index) },
            pack: { () throws(Fault) in try tree.open(parts.pack) },
            progress: { progress("Verifying", $0, $1) })
        if !isWhole { report.unchecked.append(offer.target.path) }
    }

    private func isThere(_ path: String) -> Bool {
        (try? FileSource(path: "\(self.path)/\(path)")) != nil
    }

    private func missing(_ path: String) -> Fault {
        Fault(
            .notFound, "\(path) is not there.",
            advice: "Add the bundle again, or bring the file back.")
    }

    /// A target of another tool: length and digests of its file, whatever it is.
    private func check(foreign target: TargetFile) throws(Fault) {
        let stored = RepositoryLayout.targets + target.storedPath(consistentSnapshot: true)
        let file = try FileSource(path: "\(path)/\(stored)")
        let length = try file.length()
        guard length == target.length else {
            throw Fault(
                .malformed, "\(stored) has \(length) bytes; the targets say \(target.length).")
        }
        guard let expected = target.hashes.sha256 else { return }
        var digest = try SHA256()
        var offset: Int64 = 0
        while offset < length {
            let bytes = try file.read(at: offset, count: Int(min(1 << 20, length - offset)))
            try digest.update(bytes.span)
            offset += Int64(bytes.count)
        }
        guard try digest.finish() == expected else {
            throw Fault(.malformed, "\(stored) does not have the digest that the targets say.")
        }
    }

    private func warnOfDates(_ state: PresentState, _ report: inout RepositoryReport) {
        for role in TrustRole.allCases {
            let end = state.expires(role)
            let notice = days ?? (role == .root || role == .targets ? 30 : 3)
            guard end > now, end <= now + Int64(notice) * 86_400 else { continue }
            report.warnings.append(
                "The \(role.rawValue) metadata expires at \(UTCTime.text(end)), within \(notice) "
                    + (notice == 1 ? "day." : "days."))
        }
    }

    /// What no metadata leads to, and what waits.
    private func lookAround(
        _ state: PresentState, _ tree: FolderTree, _ report: inout RepositoryReport
    ) throws(Fault) {
        do throws(Fault) {
            if let bytes = try tree.read(StagedTargets.path, limit: MetadataWriter.limits.bytes) {
                _ = try StagedTargets(bytes)
                report.warnings.append(
                    "A publication waits for signatures (\(StagedTargets.path)): “repo sign”.")
            }
        } catch {
            report.warnings.append(
                "What waits for signatures (\(StagedTargets.path)) cannot be read: "
                    + "\(error.message) “repo sign --discard” gives it up.")
        }
        do throws(Fault) {
            if try PublicationJournal.read(tree) != nil {
                report.warnings.append(
                    "A publication was interrupted; the next command on the repository ends it.")
            }
        } catch {
            report.warnings.append(
                "The rest of an interrupted publication (\(PublicationJournal.path)) cannot be read: "
                    + error.message)
        }
        do throws(Fault) {
            let used = try RepositoryReferences.read(state, staged: nil, in: path)
            let versions = state.trusted.versions
            // Metadata of before stays a while for who has begun to read; that is as it should be.
            report.orphans = try RepositoryInventory.read(path).all.filter { file in
                let name = String(file.dropFirst(RepositoryLayout.metadata.count))
                return !used.contains(file)
                    && MetadataNames.version(in: name, of: "targets").map { $0 >= versions.targets }
                        ?? true
                    && MetadataNames.version(in: name, of: "snapshot").map {
                        $0 >= versions.snapshot
                    } ?? true
            }
        } catch {
            report.warnings.append(
                "Which files are in use could not be found out: \(error.message)")
        }
    }
}
