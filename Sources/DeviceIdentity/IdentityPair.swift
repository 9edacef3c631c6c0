internal import DurableFiles
public import Faults
public import Sealing
public import Transport

/// A key and the certificate for it, as they stand in a directory of their own.
public struct IdentityPair: Sendable, Equatable {
    /// Its number: a newer pair has a higher one, and one that was not taken over yet has 0.
    public let generation: Int
    /// The directory that it stands in.
    public let path: String
    /// Where its key is.
    public let key: KeyPlace
    /// Its certificate, followed by what stands between it and the authority.
    public let chain: [Certificate]

    /// Its own certificate.
    public var certificate: Certificate { chain[0] }

    /// Makes a pair; `nil` without a certificate.
    init?(generation: Int, path: String, key: KeyPlace, chain: [Certificate]) {
        guard !chain.isEmpty else { return nil }
        self.generation = generation
        self.path = path
        self.key = key
        self.chain = chain
    }

    /// Where the key is, as it can be opened and shown: a path or a URI.
    public var keyName: String {
        switch key {
        case .file: path + "/" + IdentityFiles.key
        case .token(let uri): uri
        }
    }

    /// The pair as servers are shown it.
    public var clientCertificate: ClientCertificate {
        ClientCertificate(certificate: path + "/" + IdentityFiles.certificate, key: keyName)
    }

    /// Refuses a key file that others could use; a token is not opened.
    public func checkFiles() throws(Fault) {
        guard case .file = key else { return }
        try KeyFile.checkMode(FilePlace.info(keyName).mode, file: keyName)
    }

    /// Opens its key and holds it against the certificate.
    ///
    /// - Throws: a `Fault` of code `keys` where the key is missing or another's, or `permission`
    ///   where others could use it.
    public func check() throws(Fault) {
        let key = try IdentityFiles.openKey(self.key, in: path)
        guard certificate.belongs(to: key) else {
            throw Fault(
                .keys,
                "The key \(keyName) and the certificate beside it (\(certificate.subject)) do not "
                    + "belong together.",
                advice: "Have a new key and request made: nacelle identity request --new.")
        }
    }
}
