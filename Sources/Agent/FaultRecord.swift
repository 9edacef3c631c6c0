internal import Faults
internal import StrictJSON

/// A fault as a JSON document, for another process of the same program.
enum FaultRecord {
    /// The longest document, in bytes.
    static let limit = 256 << 10
    private static let textLimit = 32 << 10

    /// Writes one; texts that are far too long are cut.
    static func bytes(_ fault: Fault) -> [UInt8] {
        func text(_ text: String) -> JSONValue {
            .string(text.utf8.count <= textLimit ? text : String(text.prefix(textLimit / 4)))
        }
        return JSONValue.members([
            ("code", .string(fault.code.rawValue)), ("message", text(fault.message)),
            ("advice", text(fault.advice)), ("cause", fault.cause.map(text)),
        ]).compact
    }

    /// Reads one.
    ///
    /// - Parameter bytes: what came, from a process that may have been taken over.
    /// - Returns: the fault.
    /// - Throws: a `Fault` of code `malformed`.
    static func read(_ bytes: [UInt8]) throws(Fault) -> Fault {
        let limits = JSONLimits(bytes: limit, depth: 2, values: 8)
        let fields = try JSONFields(try JSONReader.read(bytes, limits: limits), path: "fault")
        guard let code = FaultCode(rawValue: try fields.string("code", limit: 64)) else {
            throw Fault(.malformed, "“fault.code” is none of the known codes.")
        }
        return Fault(
            code, try fields.string("message", limit: textLimit),
            advice: try fields.string("advice", limit: textLimit),
            cause: try fields.optionalString("cause", limit: textLimit))
    }
}
