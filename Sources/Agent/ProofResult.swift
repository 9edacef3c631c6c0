internal import Faults
internal import Glibc
internal import Slots
internal import StrictJSON

/// How `nacelle prove` ended, left in the store for whoever had it started and cannot hear it.
struct ProofResult: Equatable {
    static let file = "proof.json"
    static let limit = 32 << 10

    /// The slot.
    var slot: SlotName
    /// The bundle that it was filled from.
    var bundle: String
    /// Why it is not ready; `nil` where it is.
    var fault: Fault?

    init(slot: SlotName, bundle: String, fault: Fault?) {
        self.slot = slot
        self.bundle = bundle
        self.fault = fault
    }

    /// Reads one.
    ///
    /// - Parameter bytes: the file, at most ``limit`` bytes.
    /// - Throws: a `Fault` of code `malformed`.
    init(reading bytes: [UInt8]) throws(Fault) {
        let limits = JSONLimits(bytes: ProofResult.limit, depth: 4, values: 64)
        let fields = try JSONFields(try JSONReader.read(bytes, limits: limits), path: "proof")
        let _: Int = try fields.integer("format", in: 1...1)
        guard let slot = SlotName(rawValue: try fields.string("slot", limit: 1)) else {
            throw Fault(.malformed, "“proof.slot” is no slot.")
        }
        self.slot = slot
        bundle = try fields.string("bundle", limit: 64)
        guard let fault = try fields.optionalObject("fault") else { return }
        guard let code = FaultCode(rawValue: try fault.string("code", limit: 64)) else {
            throw Fault(.malformed, "“proof.fault.code” is none of the known codes.")
        }
        self.fault = Fault(
            code, try fault.string("message"), advice: try fault.string("advice"),
            cause: try fault.optionalString("cause"))
    }

    var json: JSONValue {
        func text(_ text: String) -> JSONValue { .string(FailureEvidence.clean(text, 2000)) }
        return .members([
            ("format", .integer(1)), ("slot", .string(slot.rawValue)),
            ("bundle", .string(bundle)), ("at", .integer(Int64(time(nil)))),
            ("ok", .bool(fault == nil)),
            (
                "fault",
                fault.map { fault in
                    .members([
                        ("code", .string(fault.code.rawValue)), ("message", text(fault.message)),
                        ("advice", text(fault.advice)), ("cause", fault.cause.map(text)),
                        ("exit", .integer(fault.code.exitStatus)),
                    ])
                }
            ),
        ])
    }

    /// Reads what was left; `nil` where there is nothing, or it cannot be read.
    static func left(in store: borrowing Store) -> ProofResult? {
        guard let bytes = (try? store.readState(file, limit: limit)) ?? nil else { return nil }
        return try? ProofResult(reading: bytes)
    }
}
