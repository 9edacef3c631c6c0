internal import Faults
internal import StrictJSON

extension SignedMetadata {
    /// Parses a file, and gives what is signed once enough keys of a role are seen to have signed.
    ///
    /// - Parameters:
    ///   - bytes: the file.
    ///   - limits: the bounds of the JSON text.
    ///   - what: what the file is, for messages.
    ///   - role: who may sign.
    /// - Returns: the signed object.
    /// - Throws: a `Fault` of code `malformed` or `untrusted`.
    static func verified(
        _ bytes: [UInt8], _ limits: JSONLimits, what: String, by role: RoleKeys
    ) throws(Fault) -> JSONFields {
        let file = try SignedMetadata(bytes, limits: limits, what: what)
        try file.verify(by: role, "The metadata of “\(what)”")
        return try JSONFields(file.signed, path: "\(what).signed")
    }
}
