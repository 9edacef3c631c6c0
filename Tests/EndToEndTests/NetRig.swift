import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// A rig beside a web server that asks for client certificates.
final class NetRig {
    let rig: Rig
    let certificates: TestCertificates
    private(set) var server: WebServer
    private let www: String

    init() throws {
        let rig = try Rig()
        www = rig.path("www")
        // Nobody but root may read what is in `tls`, as it often is.
        try rig.shell("mkdir \(www) && mkdir -m 700 \(rig.path("tls"))")
        certificates = try TestCertificates(in: rig.path("tls"))
        server = try WebServer.start(serving: www, certificates, NetRig.options())
        self.rig = rig
        try configure()
    }

    private static func options(_ lines: String = "", port: UInt16? = nil) -> WebServer.Options {
        var options = WebServer.Options()
        options.clientAuthority = "ca"
        options.port = port
        options.extra = lines
        return options
    }

    /// Ends the server at once, with all its connections, and starts another.
    ///
    /// - Parameters:
    ///   - lines: of its configuration, such as `limit_rate 500k;`, which holds for each request.
    ///   - port: where it listens; `nil` for any that is free.
    /// - Throws: a `Fault` where it does not start.
    func serve(_ lines: String = "", on port: UInt16? = nil) throws {
        try server.stop()
        server = try WebServer.start(serving: www, certificates, NetRig.options(lines, port: port))
    }

    /// Ends the server.
    func stopServing() throws { try server.stop() }

    /// Writes the configuration; `identity` names the client's certificate, `more` are lines of
    /// `transfer`, `beside` lines before it.
    func configure(
        identity: String? = "client", more: String = "attempts: 3", beside: String = ""
    ) throws {
        var lines = [beside, "transfer:", "  authorities: \(certificates.path("ca"))"]
        if let identity {
            lines.append("  client-certificate: \(certificates.path(identity))")
            lines.append("  client-key: \(certificates.key(identity))")
        }
        lines += more.split(separator: "\n").map { "  \($0)" }
        try rig.configure(lines.joined(separator: "\n"))
    }

    // MARK: Content

    /// Weights of random bytes.
    func makeWeights(_ name: String, bytes: Int) throws {
        try rig.shell("head -c \(bytes) /dev/urandom > \(rig.path(name))")
    }

    /// Weights of which the beginning is that of others.
    func makeWeights(_ name: String, keeping bytes: Int, of other: String, adding more: Int) throws
    {
        try rig.shell(
            "(head -c \(bytes) \(rig.path(other)); head -c \(more) /dev/urandom) > \(rig.path(name))"
        )
    }

    /// Weights that differ from others in every thousandth byte: no chunk is the same.
    func nudgeWeights(_ name: String, of other: String) throws {
        try rig.shell(
            """
            python3 -c '
            import random
            random.seed(1)
            data = bytearray(open("\(rig.path(other))", "rb").read())
            data[::1000] = random.randbytes(len(data[::1000]))
            open("\(rig.path(name))", "wb").write(data)'
            """)
    }

    /// The description of a release with weights of its own.
    func release(_ version: String, _ counter: Int, weights: String) throws -> String {
        try rig.scriptRelease(version, counter, payload: 1000).replacing(
            "tree:", with: "tree:\n  - {from: \(rig.path(weights)), to: weights/large.bin}")
    }

    /// Builds a release and puts it where it is served.
    ///
    /// - Parameters:
    ///   - version: its version, and the bundle's name.
    ///   - counter: its release counter.
    ///   - weights: the file of its weights.
    ///   - chunks: the average size of its chunks.
    /// - Returns: its path there.
    /// - Throws: a `Fault` where it cannot be built.
    @discardableResult
    func publish(
        _ version: String, _ counter: Int, weights: String, chunks: String = "256KiB"
    ) throws -> String {
        let description = try release(version, counter, weights: weights).replacing(
            "compression: {level: 1}",
            with: "compression: {level: 1}\nchunks: {average: \(chunks)}")
        let built = try rig.build(description, as: version)
        try rig.shell("mv \(built) \(www)/")
        return path("\(version).nacelle")
    }

    /// Makes and lists the delta between two published releases.
    ///
    /// - Returns: its path.
    @discardableResult
    func publishDelta(from old: String, to new: String) throws -> String {
        let file = path("\(new)-from-\(old).nacelle")
        try rig.bundle([
            "delta", path("\(old).nacelle"), path("\(new).nacelle"), "-o", file, "--root",
            rig.path("root.json"), "--sign", rig.path("a.key"), "--sign", rig.path("b.key"),
            "--key", rig.path("device.key"), "--recipient", rig.path("device.pub"), "--level", "3",
        ])
        return file
    }

    /// The path of what is served.
    func path(_ name: String) -> String { "\(www)/\(name)" }

    /// Its address now.
    func address(_ name: String) -> String { server.address(name) }

    // MARK: What happens

    /// Installs, and expects one exit status.
    @discardableResult
    func install(
        _ arguments: String..., expecting code: FaultCode? = nil,
        location: SourceLocation = #_sourceLocation
    ) throws -> Rig.Answer {
        let answer = try rig.run(
            "nacelle",
            ["install", "--json"] + arguments + ["--config", rig.path("config.yaml")])
        #expect(
            answer.status == code?.exitStatus ?? 0, "\(answer.output)", sourceLocation: location)
        return answer
    }

    /// The bytes of bodies that the present server has sent, of some path or of all.
    func sent(_ name: String? = nil) throws -> Int64 {
        try requests(name).reduce(0) { $0 + $1.bytes }
    }

    /// What the present server was asked, of some path or at all.
    func requests(_ name: String? = nil) throws -> [WebServer.Request] {
        // A request is logged when it is over, a moment after its last byte.
        usleep(150_000)
        return try server.requests(atLeast: 0).filter {
            name == nil || $0.path == "/" + (name ?? "")
        }
    }
}

extension Rig.Answer {
    /// The objects that a command with `--json` has printed.
    var events: [JSONValue] {
        output.split(separator: "\n").compactMap {
            try? JSONReader.read(Array($0.utf8), limits: JSONLimits(bytes: 1 << 20))
        }
    }

    /// The last event of a name.
    func event(_ name: String) -> JSONValue? { events.last { $0.text("event") == name } }
}

extension JSONValue {
    /// The text of a member.
    func text(_ key: String) -> String? {
        guard case .string(let text)? = self[key] else { return nil }
        return text
    }

    /// The integer of a member.
    func number(_ key: String) -> Int64? {
        guard case .number(let text)? = self[key] else { return nil }
        return Int64(text)
    }
}
