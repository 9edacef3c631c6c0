public import Faults

/// A strict, bounded reader of YAML configuration files.
///
/// Refused are: a text over its limits, invalid UTF-8, duplicate keys, keys that are no texts,
/// anchors, aliases, tags, merge keys, directives, several documents, and whatever libyaml does not
/// accept. Every message begins with the file's name, the line and the column.
public enum YAMLReader {
    /// The longest text, in bytes.
    public static let byteLimit = 1024 * 1024
    /// The deepest nesting of mappings and lists.
    public static let depthLimit = 16
    /// The most values and keys in all.
    public static let nodeLimit = 20_000
    /// The longest single value, in bytes.
    public static let scalarLimit = 64 * 1024

    /// Reads a whole text, whose top must be a mapping.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - file: the file's name, for messages.
    ///   - code: the code of all faults, also of those that reading the fields gives.
    /// - Returns: the top mapping.
    /// - Throws: a `Fault` of code `code`.
    public static func read(
        _ bytes: [UInt8], file: String, code: FaultCode = .configuration
    ) throws(Fault) -> YAMLFields {
        let source = YAMLFile(name: file, code: code)
        if let flaw = flaw(in: bytes) { throw source.fault(flaw) }
        var composer = try YAMLComposer(bytes, file: source)
        return try YAMLFields(try composer.document(), path: "", file: source)
    }

    /// What could be read of a text that may be broken further down.
    public struct Partial: Sendable {
        /// The pairs of the top mapping that stand whole before the error.
        public let fields: YAMLFields
        /// The error; `nil` where the whole text is good.
        public let fault: Fault?
    }

    /// Reads as much of a text as is certain, for a command that needs only a part of it.
    ///
    /// A pair of the top mapping counts where something that can be read follows it, or where the
    /// error's line is below it and not indented: an indented one may have been the value's. A key
    /// that stands twice counts not at all.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - file: the file's name, for messages.
    ///   - code: the code of all faults.
    /// - Returns: the pairs that were read, and the error.
    public static func readTopLevelTolerantly(
        _ bytes: [UInt8], file: String, code: FaultCode = .configuration
    ) -> Partial {
        let source = YAMLFile(name: file, code: code)
        let flaw = flaw(in: bytes)
        let whole = flaw.map { Array(bytes[..<$0.lineStart]) } ?? bytes
        var pairs: [YAMLNode.Pair] = []
        var fault = flaw.map(source.fault)
        do throws(Fault) {
            var composer = try YAMLComposer(whole, file: source)
            do throws(Fault) {
                pairs = try YAMLFields(try composer.document(), path: "", file: source).pairs
                if let flaw, YAMLLines.isIndented(flaw.position.line, of: bytes) {
                    _ = pairs.popLast()
                }
            } catch {
                let line = composer.refusedLine
                pairs = composer.topPairs
                if let last = composer.openLine,
                    last >= line || YAMLLines.isIndented(line, of: bytes)
                {
                    _ = pairs.popLast()
                }
                // An end of text where it was cut says less than what was there.
                if flaw.map({ line < $0.position.line }) ?? true { fault = error }
            }
        } catch {
            fault = error
        }
        return Partial(
            fields: YAMLFields(pairs: pairs, file: source), fault: fault)
    }

    /// The first thing that keeps libyaml from being given the whole text.
    private static func flaw(in bytes: [UInt8]) -> YAMLFlaw? {
        guard bytes.count > byteLimit else { return YAMLFlaw.first(in: bytes) }
        let head = Array(bytes[..<byteLimit])
        let text = "more than \(byteLimit) bytes; there are \(bytes.count)"
        let lineStart = (head.lastIndex(of: 0x0A) ?? -1) + 1
        if let flaw = YAMLFlaw.first(in: Array(head[..<lineStart])) { return flaw }
        let line = head[..<lineStart].count { $0 == 0x0A } + 1
        return YAMLFlaw(
            position: YAMLPosition(line: line, column: 1), lineStart: lineStart, text: text)
    }
}

extension YAMLFile {
    fileprivate func fault(_ flaw: YAMLFlaw) -> Fault {
        fault(
            flaw.position, "The text has \(flaw.text).",
            advice: "Save the file as UTF-8 text, with nothing else in it.")
    }
}
