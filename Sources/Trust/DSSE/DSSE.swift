/// DSSE, the Dead Simple Signing Envelope (protocol version 1).
public enum DSSE {
    /// The bytes that a signature stands over (PAE).
    ///
    /// - Parameters:
    ///   - type: the payload's type.
    ///   - payload: the payload.
    /// - Returns: `DSSEv1`, the lengths in decimal and the two, separated by single spaces.
    public static func preAuthenticationEncoding(type: String, payload: [UInt8]) -> [UInt8] {
        var out = Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8)
        out.append(contentsOf: payload)
        return out
    }
}
