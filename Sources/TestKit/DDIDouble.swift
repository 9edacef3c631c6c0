internal import DurableFiles
public import Faults
internal import Processes
public import StrictJSON

/// A rollout server that is strict about the protocol (`Tests/ddi/ddi_double.py`), on this machine's
/// loopback; it ends with its owner.
public final class DDIDouble {
    /// Its address, without a path.
    public let address: String
    private let certificates: TestCertificates?
    private let demandsCertificate: Bool
    private var child: ChildProcess

    /// Starts one.
    ///
    /// - Parameters:
    ///   - certificates: whose `server` it shows; `nil` for plain HTTP.
    ///   - demandsCertificate: whether it lets in only who shows a certificate of `ca`.
    ///   - port: the port that it listens on; 0 for one that is free.
    /// - Throws: a `Fault` where it does not start.
    public init(
        _ certificates: TestCertificates? = nil, demandsCertificate: Bool = false, port: Int = 0
    ) throws(Fault) {
        var arguments = ["-B", "-u", DDIDouble.program, "\(port)"]
        if let certificates {
            arguments += [
                "--certificate", certificates.path("server"), "--key", certificates.key("server"),
            ]
            if demandsCertificate {
                arguments += ["--client-authority", certificates.path("ca")]
            }
        }
        var child = try ChildProcess.start(
            Command(
                executable: try ExecutableSearch.find("python3"), arguments: arguments,
                environment: ["PATH": ExecutableSearch.standardPath]))
        var found: Int?
        for _ in 0..<1000 where found == nil {
            if let status = try child.wait(until: Deadline(after: .milliseconds(10))) {
                throw Fault(.notFound, "python3 \(status): \(child.outputTail)")
            }
            found = Int(child.outputTail.split(separator: "\n").first ?? "")
        }
        guard let found else { throw Fault(.notFound, "python3 named no port.") }
        address = "\(certificates == nil ? "http" : "https")://127.0.0.1:\(found)"
        self.certificates = certificates
        self.demandsCertificate = demandsCertificate
        self.child = child
    }

    /// The poll address of the one machine that it knows.
    public var poll: String { address + "/DEFAULT/controller/v1/turbine-7" }

    /// Says what it wants from now on, as JSON.
    public func script(_ text: String) throws(Fault) {
        _ = try control(["-X", "PUT", "--data-binary", text], "/_script")
    }

    /// Forgets what was asked and told.
    public func clear() throws(Fault) { _ = try control(["-X", "POST"], "/_clear") }

    /// What was asked and told: `log`, `flaws`, `closed`, `statuses`, `attributes`, `installed`.
    public func seen() throws(Fault) -> JSONValue { try control([], "/_log") }

    /// Ends it before its owner goes.
    public func stop() throws(Fault) { try child.end() }

    private func control(_ arguments: [String], _ path: String) throws(Fault) -> JSONValue {
        var words = ["-sS", "--max-time", "20", "--noproxy", "*"] + arguments
        if let certificates {
            words += ["--cacert", certificates.path("ca")]
            if demandsCertificate {
                words += [
                    "--cert", certificates.path("client"), "--key", certificates.key("client"),
                ]
            }
        }
        var child = try ChildProcess.start(
            Command(
                executable: try ExecutableSearch.find("curl"), arguments: words + [address + path],
                output: .captured(tail: 4 << 20)))
        guard let status = try child.wait(until: Deadline(after: .seconds(30))),
            status == .exited(0)
        else { throw Fault(.notFound, "curl failed: \(child.outputTail)") }
        return try JSONReader.read(
            Array(child.outputTail.utf8), limits: JSONLimits(bytes: 4 << 20))
    }

    private static let program: String = {
        let here = "/Sources/TestKit/DDIDouble.swift"
        return #filePath.prefix(#filePath.utf8.count - here.utf8.count) + "/Tests/ddi/ddi_double.py"
    }()
}
