import DurableFiles
import Faults
import Glibc
import StrictJSON
import TestKit

/// `far_server.py` in a wire's far space: HTTPS that lies on demand, proxies, a name server.
///
/// HTTPS that asks for client certificates is on port 443 of both of the wire's addresses.
final class FarServer {
    /// One line of its log about an answer.
    struct Answer {
        var path: String
        var status: Int64
        var bytes: Int64
    }

    private let child: Background
    private let log: String

    /// Starts it, and returns when it listens.
    ///
    /// - Parameters:
    ///   - wire: in whose far space.
    ///   - net: whose content and certificates.
    ///   - listeners: further ones, as its configuration writes them.
    ///   - names: what its name server knows, as its configuration writes it.
    ///   - places: words for redirects, and where they lead.
    /// - Throws: a `Fault` where it does not start.
    init(
        _ wire: Wire, _ net: NetRig, listeners: [String] = [], names: [String] = [],
        places: [(String, String)] = []
    ) throws {
        let rig = net.rig
        let usual = [Wire.far, Wire.farSix].map {
            """
            {"kind": "https", "host": "\($0)", "port": 443, "certificate": "far", "clients": "ca"}
            """
        }
        log = rig.path("far.log")
        try rig.write(
            "far.json",
            """
            {"root": "\(net.path(""))", "tls": "\(net.certificates.directory)", "log": "\(log)",
             "names": {\(names.joined(separator: ", "))},
             "places": {\(places.map { "\"\($0)\": \"\($1)\"" }.joined(separator: ", "))},
             "listeners": [\((usual + listeners).joined(separator: ",\n"))]}
            """)
        child = try wire.startFar(
            "python3", "\(Rig.checkout)/Tests/network/far_server.py", rig.path("far.json"),
            log: rig.path("far.err"))
        let log = log
        try rig.wait {
            (try? FilePlace.read(log, limit: 1 << 20)).map {
                String(decoding: $0, as: UTF8.self).contains("ready")
            } ?? false
        }
    }

    /// A file of the bundle's folder, answered as a prefix says.
    static func address(_ prefix: String, _ file: String, host: String = Wire.far) -> String {
        "https://\(host)/\(prefix.isEmpty ? "" : prefix + "/")\(file)"
    }

    /// What it has logged.
    func lines() throws -> [JSONValue] {
        try FilePlace.read(log, limit: 64 << 20).split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONReader.read(Array($0), limits: JSONLimits(bytes: 1 << 16))
        }
    }

    /// The bytes of bodies that it has sent, by prefix.
    func totals() throws -> [String: Int64] {
        var totals: [String: Int64] = [:]
        for line in try lines() {
            guard let path = line.text("path"), let bytes = line.number("bytes") else { continue }
            totals[String(path.dropFirst().prefix { $0 != "/" }), default: 0] += bytes
        }
        return totals
    }

    /// What it has answered to bundles' requests under a prefix; those under way are not in it.
    func answers(_ prefix: String) throws -> [Answer] {
        try lines().compactMap { line in
            guard let path = line.text("path"), path.hasPrefix("/\(prefix)/"),
                let status = line.number("status"), let bytes = line.number("bytes")
            else { return nil }
            return Answer(path: path, status: status, bytes: bytes)
        }
    }
}
