internal import DurableFiles
internal import Faults
internal import Sealing

/// The names of the files of a pair, and how they are read and written.
enum IdentityFiles {
    static let key = "key.pem"
    static let token = "key.uri"
    static let request = "request.pem"
    static let certificate = "certificate.pem"

    /// Where the key of a pair is.
    static func keyPlace(in directory: borrowing Directory) throws(Fault) -> KeyPlace {
        if let bytes = try directory.read(token, limit: 4096) {
            let uri = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
            guard uri.hasPrefix("pkcs11:") else {
                throw Fault(
                    .storeDamaged, "\(directory.path)/\(token) does not hold a pkcs11: URI.",
                    advice: "Have a new key and request made: nacelle identity request --new.")
            }
            return .token(uri)
        }
        guard try directory.info(key) != nil else {
            throw Fault(
                .storeDamaged, "\(directory.path) holds no key (neither \(key) nor \(token)).",
                advice: "Have a new key and request made: nacelle identity request --new.")
        }
        return .file
    }

    /// The certificates of a pair; `nil` where there is no file of them.
    static func chain(in directory: borrowing Directory) throws(Fault) -> [Certificate]? {
        guard let bytes = try directory.read(certificate, limit: CertificateFile.limit) else {
            return nil
        }
        return try CertificateFile.read(bytes, name: "\(directory.path)/\(certificate)")
    }

    /// Opens the key of the pair that stands at `path`.
    static func openKey(_ place: KeyPlace, in path: String) throws(Fault) -> IdentityKey {
        switch place {
        case .token(let uri): return try IdentityKey.token(uri)
        case .file:
            let file = path + "/" + key
            try KeyFile.checkMode(FilePlace.info(file).mode, file: file)
            var bytes = try FilePlace.read(file, limit: KeyFile.limit)
            return try IdentityKey.read(wiping: &bytes, file: file)
        }
    }

    /// Writes a file that does not exist yet, with its data on the device.
    static func write(
        _ bytes: [UInt8], _ name: String, in directory: borrowing Directory
    ) throws(Fault) {
        let what = "\(directory.path)/\(name)"
        let file = try directory.create(name, mode: 0o600)
        try file.write(bytes.span, what)
        try file.sync(what)
        try file.closeChecked(what)
    }

    /// Writes a key that has no file yet, from locked memory to the device.
    static func write(
        _ secret: borrowing IdentityKey, in directory: borrowing Directory
    ) throws(Fault) {
        let what = "\(directory.path)/\(key)"
        let pem = try secret.pem()
        let file = try directory.create(key, mode: 0o600)
        try pem.withBytes { (bytes) throws(Fault) in try file.write(bytes, what) }
        try file.sync(what)
    }

    /// The number that a name is; `nil` for any other name.
    static func number(_ name: String) -> Int? {
        guard (1...9).contains(name.utf8.count), name.utf8.first != 0x30,
            name.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(name)
    }
}
