internal import Faults
internal import Sealing

/// The count of valid signatures for a role, by different public keys, and what the others were.
struct SignatureTally {
    private let threshold: Int
    private var counted: Set<TrustKey> = []
    private(set) var signers: [Digest] = []
    private var unknown: [String?] = []
    private var wrong: [String?] = []
    private var repeated = 0

    init(threshold: Int) {
        self.threshold = threshold
    }

    /// Whether enough different keys have signed.
    var suffices: Bool { threshold >= 1 && counted.count >= threshold }

    /// Whether a signature is not what it says it is.
    var isAltered: Bool { !wrong.isEmpty }

    /// Counts a valid signature; a key's bytes count once, whatever ids name them.
    mutating func accept(_ key: RoleKeys.Key) {
        if counted.insert(key.publicKey).inserted { signers.append(key.id) } else { repeated += 1 }
    }

    /// Notes a signature that names a key of the role but is not that key's.
    mutating func noteWrong(_ keyID: String?) { wrong.append(keyID) }

    /// Notes a signature by a key that is not the role's.
    mutating func noteUnknown(_ keyID: String?) { unknown.append(keyID) }

    /// The refusal, with everything that was counted.
    func fault(_ what: String) -> Fault {
        var text = "\(what): \(counted.count) of \(threshold) needed signatures are valid"
        if !signers.isEmpty { text += " (\(SignatureTally.keys(signers.map(\.hex))))" }
        if !unknown.isEmpty {
            text += "; \(unknown.count) by \(unknown.count == 1 ? "an unknown" : "unknown") "
            text += SignatureTally.keys(unknown)
        }
        if !wrong.isEmpty { text += "; \(wrong.count) wrong (\(SignatureTally.keys(wrong)))" }
        if repeated > 0 { text += "; \(repeated) by a key that was counted already" }
        return Fault(
            .untrusted, text + ".",
            advice: "Have it signed by enough of the keys that the root of trust lists, or check "
                + "that the right root of trust is in place.")
    }

    /// `key 3f2a…`, `keys 3f2a…, 9c11…`: at most four, in characters that are safe to print.
    private static func keys(_ ids: [String?]) -> String {
        var names = ids.prefix(4).map { id in
            guard let id, !id.isEmpty else { return "without an id" }
            let safe = id.unicodeScalars.prefix(12).map {
                (0x21...0x7E).contains($0.value) ? $0 : "?"
            }
            return String(String.UnicodeScalarView(safe))
                + (id.unicodeScalars.count > 12 ? "…" : "")
        }
        if ids.count > 4 { names.append("and \(ids.count - 4) more") }
        return (ids.count == 1 ? "key " : "keys ") + names.joined(separator: ", ")
    }
}
