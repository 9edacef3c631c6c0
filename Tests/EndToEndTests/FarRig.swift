import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// A machine that runs version 1.0.0, and beyond a wire a server that has version 1.1.0.
///
/// Each trouble finds the machine as it was at the beginning.
final class FarRig {
    static let bundle = "1.1.0.nacelle"
    /// Waits that a test can wait for.
    static let patience = """
        attempts: 2
        connect-timeout: 3s
        answer-timeout: 3s
        low-speed: 1kB
        low-speed-time: 1s
        """

    let net: NetRig
    let wire: Wire
    let server: FarServer
    /// Where a good attempt finds the new version.
    var good = FarServer.address("", FarRig.bundle)

    var rig: Rig { net.rig }

    /// Makes both; `listeners`, `names` and `places` are the server's, `certifying` makes further
    /// certificates; `inRepository` has version 1.1.0 in a repository `fleet` as well.
    init(
        weights: Int = 900_000, listeners: [String] = [], names: [String] = [],
        places: [(String, String)] = [], inRepository: Bool = false,
        certifying: (TestCertificates) throws -> Void = { _ in }
    ) throws {
        net = try NetRig()
        let rig = net.rig
        try net.certificates.certificate(
            "far",
            names: "IP:\(Wire.far),IP:\(Wire.farSix),DNS:four.test,DNS:six.test,DNS:both.test")
        try certifying(net.certificates)
        let repository =
            inRepository ? try RepositoryRig(rig, folder: net.path("fleet")) : nil
        try net.makeWeights("w1", bytes: 100_000)
        try net.makeWeights("w2", bytes: weights)
        try net.publish("1.0.0", 10, weights: "w1")
        let bundle = try net.publish("1.1.0", 11, weights: "w2")
        try repository?.add(bundle)
        try net.configure(more: FarRig.patience)
        try net.install(net.path("1.0.0.nacelle"))
        try rig.shell("cp -a \(rig.store) \(rig.path("before"))")
        wire = try Wire(rig)
        server = try FarServer(wire, net, listeners: listeners, names: names, places: places)
    }

    /// Puts the machine back to the beginning.
    func restore() throws {
        try rig.shell("rm -rf \(rig.store) && cp -a \(rig.path("before")) \(rig.store)")
    }

    /// Tries to install, and expects that the trouble ends it as it should.
    ///
    /// - Parameters:
    ///   - address: of the bundle, and how it is answered.
    ///   - code: how it has to end; `nil` for well.
    ///   - says: what the sentence has in it.
    ///   - more: further lines of the configuration's `transfer`.
    ///   - location: where this is called.
    /// - Returns: what the program said.
    /// - Throws: a `Fault` where a tool fails.
    @discardableResult
    func endures(
        _ address: String, _ code: FaultCode?, _ says: String = "", more: String? = nil,
        location: SourceLocation = #_sourceLocation
    ) throws -> String {
        try restore()
        if let more { try net.configure(more: more) }
        let answer = try rig.nacelle("install", address)
        #expect(
            answer.status == code?.exitStatus ?? 0, "\(address): \(answer.output)",
            sourceLocation: location)
        if code != nil {
            let sentences = answer.output.split(separator: "\n").filter {
                $0.hasPrefix("nacelle: ") && $0.utf8.count > 30
            }
            #expect(
                sentences.contains { $0.contains(says) }, "\(address): \(answer.output)",
                sourceLocation: location)
            try unharmed(address, location: location)
            try net.configure(more: FarRig.patience)
            let next = try rig.nacelle("install", good)
            #expect(
                next.status == 0, "after \(address): \(next.output)", sourceLocation: location)
        }
        try endedWell(address, location: location)
        return answer.output
    }

    /// What ran runs, whole, and nothing else may be run.
    func unharmed(_ what: String, location: SourceLocation = #_sourceLocation) throws {
        #expect(try rig.current == "slots/a", "\(what)", sourceLocation: location)
        let found = try rig.nacelle("verify", "--slot", "a")
        #expect(found.status == 0, "\(what): \(found.output)", sourceLocation: location)
        let status = try rig.status()
        #expect(status["denied"] == .array([]), "\(what)", sourceLocation: location)
        #expect(
            status["slots"]?["b"]?["whole"] != .bool(true), "\(what)", sourceLocation: location)
    }

    /// The new version runs, as it was signed.
    func endedWell(_ what: String, location: SourceLocation = #_sourceLocation) throws {
        #expect(try rig.current == "slots/b", "\(what)", sourceLocation: location)
        try rig.shell("cmp \(rig.path("w2")) \(rig.store)/slots/b/weights/large.bin")
    }

    /// How many bytes of bodies the server has sent under a prefix, when what was under way has ended.
    func sent(_ prefix: String) throws -> Int64 {
        usleep(200_000)
        return try server.answers(prefix).reduce(0) { $0 + $1.bytes }
    }
}
