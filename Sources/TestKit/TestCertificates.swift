public import Faults
internal import DurableFiles

/// Certificates for a server on this machine, made by the `openssl` tool in a directory.
///
/// Names are file names without ending: `NAME.pem` is a certificate, `NAME.key` its private key.
public struct TestCertificates: Sendable {
    /// The directory that they stand in.
    public let directory: String

    /// Makes an authority `ca`, and by it `server` (for `localhost`, `127.0.0.1` and `::1`) and
    /// `client`.
    ///
    /// - Parameter directory: an existing directory.
    /// - Throws: a `Fault` where the tool is missing or fails.
    public init(in directory: String) throws(Fault) {
        self.directory = directory
        try authority("ca")
        try certificate("server", names: TestCertificates.loopback)
        try certificate("client", names: "DNS:device-1")
    }

    /// The names by which this machine reaches itself.
    public static let loopback = "DNS:localhost,IP:127.0.0.1,IP:::1"

    /// The path of a certificate.
    public func path(_ name: String) -> String { "\(directory)/\(name).pem" }

    /// The path of a private key.
    public func key(_ name: String) -> String { "\(directory)/\(name).key" }

    /// Makes a further authority.
    ///
    /// - Parameter name: its file name.
    /// - Throws: a `Fault` where the tool fails.
    public func authority(_ name: String) throws(Fault) {
        try run(newKey(name) + ["-x509", "-days", "2", "-out", path(name)])
    }

    /// Makes a further certificate that is valid now.
    ///
    /// - Parameters:
    ///   - name: its file name.
    ///   - names: its alternative names, as OpenSSL's `subjectAltName` writes them.
    ///   - authority: the authority's file name.
    /// - Throws: a `Fault` where the tool fails.
    public func certificate(
        _ name: String, names: String, by authority: String = "ca"
    ) throws(Fault) {
        try run(
            newKey(name) + [
                "-x509", "-days", "2", "-out", path(name), "-addext", "subjectAltName=" + names,
                "-CA", path(authority), "-CAkey", key(authority),
            ])
    }

    /// Makes a further certificate for this machine that is valid at another time.
    ///
    /// - Parameters:
    ///   - name: its file name.
    ///   - from: the first moment, as `YYYYMMDDHHMMSSZ`.
    ///   - until: the last moment.
    /// - Throws: a `Fault` where the tool fails.
    public func certificate(_ name: String, from: String, until: String) throws(Fault) {
        try run(
            newKey(name) + [
                "-out", "\(directory)/\(name).csr",
                "-addext", "subjectAltName=" + TestCertificates.loopback,
            ])
        try sign("\(directory)/\(name).csr", as: name, from: from, until: until)
    }

    /// Signs a request that somebody else made, with the subject and extensions that it asks for.
    ///
    /// - Parameters:
    ///   - request: the request's file.
    ///   - name: the certificate's file name.
    ///   - from: the first moment, as `YYYYMMDDHHMMSSZ`.
    ///   - until: the last moment.
    ///   - authority: the authority's file name.
    /// - Throws: a `Fault` where the tool fails.
    public func sign(
        _ request: String, as name: String, from: String, until: String, by authority: String = "ca"
    ) throws(Fault) {
        let folder = try Directory.open(path: directory)
        let settings = """
            [ca]
            default_ca = here
            [here]
            new_certs_dir = \(directory)
            database = \(directory)/index.txt
            rand_serial = yes
            unique_subject = no
            default_md = sha256
            policy = any
            copy_extensions = copy
            [any]
            commonName = supplied
            """
        try folder.replace("ca.conf", with: Array(settings.utf8))
        try folder.replace("index.txt", with: [])
        try run([
            "ca", "-batch", "-preserveDN", "-notext", "-config", "\(directory)/ca.conf", "-cert",
            path(authority),
            "-keyfile", key(authority), "-in", request, "-out", path(name), "-startdate", from,
            "-enddate", until,
        ])
    }

    private func newKey(_ name: String) -> [String] {
        [
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=" + name, "-keyout", key(name),
        ]
    }

    private func run(_ arguments: [String]) throws(Fault) {
        try runTool("openssl", arguments)
    }
}
