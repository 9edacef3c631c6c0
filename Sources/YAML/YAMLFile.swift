internal import Faults

/// Whose text is read: what every message begins with, and the code of its faults.
struct YAMLFile: Sendable {
    let name: String
    let code: FaultCode

    func fault(
        _ position: YAMLPosition, _ sentence: String, advice: String = "", cause: String? = nil
    ) -> Fault {
        Fault(
            code, "\(name):\(position.line):\(position.column): \(sentence)", advice: advice,
            cause: cause)
    }
}

/// A text from the file, in quotes, short and without characters that a terminal would obey.
func shown(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars.prefix(60) {
        let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        out.unicodeScalars.append(isControl ? "?" : scalar)
    }
    return "“\(out)\(text.unicodeScalars.count > 60 ? "…" : "")”"
}
