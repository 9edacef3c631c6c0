internal import Faults
internal import StrictJSON

extension Report {
    /// The report as it stands in a file.
    var json: JSONValue {
        var members: [(String, JSONValue?)] = [
            ("kind", .string(kind)), ("action", action.map { .string($0) }),
        ]
        func texts(_ details: [String]) -> JSONValue { .array(details.map { .string($0) }) }
        switch self {
        case .step(_, _, let details), .cancelAccepted(_, let details):
            members.append(("details", texts(Feedback.cut(details))))
        case .progress(_, let done, let of, let text):
            members += [("done", .integer(done)), ("of", .integer(of))]
            members.append(("details", texts(Feedback.cut([text]))))
        case .final(_, _, let code, let details):
            members.append(("code", code.map { .integer($0) }))
            members.append(("details", texts(Feedback.cut(details))))
        case .cancelRefused(_, let why), .confirmed(_, let why), .denied(_, let why):
            members.append(("details", texts(Feedback.cut([why]))))
        case .installed(let name, let version):
            members += [("name", .string(name)), ("version", .string(version))]
        }
        return .members(members)
    }

    /// Reads a report.
    ///
    /// - Throws: a `Fault` of code `malformed`.
    init(_ fields: JSONFields) throws(Fault) {
        let kind = try fields.string("kind", limit: 64)
        if kind == "installed" {
            self = .installed(
                name: try fields.string("name"), version: try fields.string("version"))
            return
        }
        let action = try DDIReader.id(fields, "action")
        // A message of 512 UTF-16 units has at most three bytes for each.
        let details = try fields.strings(
            "details", limit: Feedback.detailLimit, length: 3 * Feedback.detailLength)
        let first = details.first ?? ""
        switch kind {
        case "progress":
            self = .progress(
                action: action, done: try fields.integer("done", in: 0...Int64.max),
                of: try fields.integer("of", in: 0...Int64.max), text: first)
        case "success", "failure":
            self = .final(
                action: action, success: kind == "success",
                code: fields.has("code")
                    ? try fields.integer("code", in: Int(Int32.min)...Int(Int32.max)) : nil,
                details: details)
        case "cancel-accepted": self = .cancelAccepted(action: action, details: details)
        case "cancel-refused": self = .cancelRefused(action: action, reason: first)
        case "confirmed": self = .confirmed(action: action, why: first)
        case "denied": self = .denied(action: action, why: first)
        default:
            guard let step = Step(rawValue: kind) else {
                throw Fault(.malformed, "“\(fields.path).kind” is “\(kind)”, which is not known.")
            }
            self = .step(step, action: action, details: details)
        }
    }

    /// The report as the server reads it.
    ///
    /// - Parameter time: when it was made, in milliseconds since 1970.
    /// - Returns: the body of the request.
    func body(at time: Int64) -> JSONValue {
        switch self {
        case .step(let step, _, let details):
            Feedback.status(step.rawValue, finished: "none", details: details, at: time)
        case .progress(_, let done, let of, let text):
            Feedback.status(
                "proceeding", finished: "none", progress: (done, of),
                details: text.isEmpty ? [] : [text], at: time)
        case .final(_, let success, let code, let details):
            Feedback.status(
                "closed", finished: success ? "success" : "failure", code: code, details: details,
                at: time)
        case .cancelAccepted(_, let details):
            // Never “canceled”: hawkBit keeps waiting after that.
            Feedback.status("closed", finished: "success", details: details, at: time)
        case .cancelRefused(_, let reason):
            Feedback.status("rejected", finished: "none", details: [reason], at: time)
        case .confirmed(_, let why):
            Feedback.confirmation(true, code: 1, details: why.isEmpty ? [] : [why])
        case .denied(_, let why): Feedback.confirmation(false, code: -1, details: [why])
        case .installed(let name, let version): Feedback.installed(name: name, version: version)
        }
    }
}
