import Faults
import Fleet
import Sealing
import Slots
import TestKit

@testable import Service
@testable import UpdateMachine

/// Repository or rollout server: publishes versions of every kind, offers them, and takes reports.
final class SimulatedServer {
    /// What a version turns out to be.
    enum Kind: CaseIterable {
        case good
        case wrongAnswers
        case failsProbation
        case killsBoot
        case slowNetwork
        case damaged
    }

    struct Version {
        var identity: VersionIdentity
        var kind: Kind
    }

    let usesFleet: Bool
    private(set) var versions: [Version] = []
    /// The open action and the version that it offers.
    private(set) var action: (id: Int, version: Version)?
    private var isCalledOff = false
    private var actions = 0
    /// Final reports, by action.
    private(set) var finals: [String: [Bool]] = [:]

    init(usesFleet: Bool) { self.usesFleet = usesFleet }

    /// Makes a version, newer than all before.
    @discardableResult
    func release(_ kind: Kind) throws(Fault) -> Version {
        let counter = UInt64(versions.count + 1)
        let tree = try SHA256.digest(of: Array("tree \(counter)".utf8))
        let version = Version(
            identity: VersionIdentity(
                application: "bearing", version: "1.\(counter).0", releaseCounter: counter,
                tree: tree), kind: kind)
        versions.append(version)
        return version
    }

    func publish(_ random: inout SeededGenerator) throws(Fault) {
        let kinds: [Kind] = [.good, .good, .good] + Kind.allCases
        let version = try release(kinds[Int.random(in: 0..<kinds.count, using: &random)])
        guard usesFleet else { return }
        // As a rollout does: what is newer takes the place of what is still open.
        actions += 1
        action = (actions, version)
        isCalledOff = false
    }

    /// An operator calls the open action off.
    func callOff() { if action != nil { isCalledOff = true } }

    func version(_ identity: VersionIdentity) -> Version? {
        versions.first { $0.identity == identity }
    }

    func version(_ target: Target) -> Version? {
        versions.first { target.version == $0.identity.version }
    }

    func answer(_ store: borrowing Store, now: Int64) throws(Fault) -> Finding {
        guard usesFleet else { return try newest(store, now: now) }
        guard let action else { return .nothing }
        if isCalledOff { return .cancel(request: "\(action.id)0", action: "\(action.id)") }
        return .offer(
            Target(
                source: .server(action: "\(action.id)"), key: "\(action.id)#",
                version: action.version.identity.version))
    }

    /// As `nacelle check` judges a repository.
    private func newest(_ store: borrowing Store, now: Int64) throws(Fault) -> Finding {
        guard let newest = versions.last else { return .nothing }
        let snapshot = try store.snapshot()
        let isDenied = try store.denials().contains {
            $0.identity.isSameRelease(as: newest.identity)
        }
        guard snapshot.running?.identity != newest.identity, !isDenied,
            store.mayRetry(newest.identity, now: now)
        else { return .nothing }
        return .offer(
            Target(
                source: .repository, key: newest.identity.release,
                version: newest.identity.version))
    }

    func take(_ report: Report) {
        switch report {
        case .final(let id, let success, _, _):
            finals[id, default: []].append(success)
            if action.map({ "\($0.id)" }) == id { action = nil }
        case .cancelAccepted(let request, _):
            if action.map({ "\($0.id)0" }) == request { action = nil }
        case .cancelRefused(let request, _):
            if action.map({ "\($0.id)0" }) == request { isCalledOff = false }
        default: break
        }
    }
}
