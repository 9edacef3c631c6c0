import Sealing
import StrictJSON

@testable import Trust

/// What signs metadata in a test, of any type of key, with the key as metadata holds it.
struct Signer: Sendable {
    let id: String
    let form: JSONValue
    let sign: @Sendable ([UInt8]) throws -> [UInt8]

    /// A signer by the number of an Ed25519 key.
    static func number(_ seed: UInt8) throws -> Signer {
        let key = try TestKey(seed)
        return Signer(id: key.id.hex, form: key.publicKey.metadataForm) { key.sign($0) }
    }

    /// The same key under another id.
    func named(_ id: String, form: JSONValue? = nil) -> Signer {
        Signer(id: id, form: form ?? self.form, sign: sign)
    }

    /// The same id with signatures that are none.
    var lying: Signer {
        Signer(id: id, form: form) { _ in [UInt8](repeating: 7, count: 64) }
    }
}

extension TestKey {
    var signer: Signer { Signer(id: id.hex, form: publicKey.metadataForm) { sign($0) } }
}
