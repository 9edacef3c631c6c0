public import Faults
internal import DurableFiles

/// A SoftHSM token of a test's own, called `device`.
///
/// What is loaded of a token module stays in a process, so a test that needs a fresh one runs a
/// program with ``environment``.
public struct TestToken: Sendable {
    /// Where its files are; `pin` holds its PIN, `wrong` another.
    public let home: String
    /// What a process that is to find the token must have in its environment.
    public let environment: [String: String]

    /// Makes a token.
    ///
    /// - Parameter home: an existing directory for its files.
    /// - Throws: a `Fault` where SoftHSM is missing.
    public init(in home: String) throws(Fault) {
        let folder = try Directory.open(path: home)
        _ = try folder.make("tokens", mode: 0o700)
        let settings = "directories.tokendir = \(home)/tokens\nobjectstore.backend = file\n"
        try folder.replace("softhsm2.conf", with: Array(settings.utf8))
        try folder.replace("pin", with: Array("1234".utf8), mode: 0o600)
        try folder.replace("wrong", with: Array("9999".utf8), mode: 0o600)
        self.home = home
        environment = ["SOFTHSM2_CONF": home + "/softhsm2.conf"]
        try runTool(
            "softhsm2-util",
            ["--init-token", "--free", "--label", "device", "--pin", "1234", "--so-pin", "5678"],
            environment: environment)
    }

    /// The URI of an object, with the PIN's file unless another query is named.
    ///
    /// - Parameters:
    ///   - object: its label.
    ///   - kind: `private` or `cert`.
    ///   - pin: the name of the file with the PIN.
    /// - Returns: the URI.
    public func uri(_ object: String, _ kind: String = "private", pin: String = "pin") -> String {
        "pkcs11:token=device;object=\(object);type=\(kind)?pin-source=file:\(home)/\(pin)"
    }

    /// Puts a private key from a file into the token.
    public func put(key: String, as label: String, id: String) throws(Fault) {
        try runTool(
            "softhsm2-util",
            ["--import", key, "--label", label, "--id", id, "--token", "device", "--pin", "1234"],
            environment: environment)
    }

    /// Puts a certificate from a PEM file into the token.
    public func put(certificate: String, as label: String, id: String) throws(Fault) {
        let der = "\(home)/\(label).der"
        try runTool("openssl", ["x509", "-in", certificate, "-outform", "DER", "-out", der])
        try tool(["--write-object", der, "--type", "cert", "--label", label, "--id", id])
    }

    /// Has the token make a key, which never leaves it.
    public func makeKey(_ kind: String, as label: String, id: String) throws(Fault) {
        try tool(["--keypairgen", "--key-type", kind, "--label", label, "--id", id])
    }

    private func tool(_ arguments: [String]) throws(Fault) {
        try runTool(
            "pkcs11-tool",
            [
                "--module", "/usr/lib/softhsm/libsofthsm2.so", "--token-label", "device", "--login",
                "--pin", "1234",
            ] + arguments, environment: environment)
    }
}
