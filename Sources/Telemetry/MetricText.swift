// Telemetry: how the model and the machine fare: what the application counts, compared with what its
// release counted over its validation data, and told to who watches a fleet.

public import Faults

/// Reads Prometheus' text exposition format, version 0.0.4.
///
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>. Comments and time stamps are passed
/// over. Whatever the bytes, memory is bounded by ``limit`` and ``samples``.
public enum MetricText {
    /// The most bytes that a page may have.
    public static let limit = 1 << 20
    /// The most samples that a page may have.
    public static let samples = 20_000
    /// The most labels of one sample.
    public static let labels = 16

    /// Reads a page.
    ///
    /// - Parameter bytes: the page.
    /// - Returns: its samples, in order.
    /// - Throws: a `Fault` of code `malformed` with the line's number.
    public static func read(_ bytes: [UInt8]) throws(Fault) -> [MetricSample] {
        guard bytes.count <= limit else {
            throw Fault(
                .malformed,
                "The page of metrics has \(bytes.count) bytes; at most \(limit) are read.")
        }
        var samples: [MetricSample] = []
        var number = 0
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            var reader = MetricLine(line, number: number)
            guard let sample = try reader.read() else { continue }
            guard samples.count < self.samples else {
                throw Fault(
                    .malformed, "The page of metrics has more than \(self.samples) samples.")
            }
            samples.append(sample)
        }
        return samples
    }
}

/// One line of the text.
private struct MetricLine {
    private let bytes: ArraySlice<UInt8>
    private var place: Int
    private let number: Int

    init(_ bytes: ArraySlice<UInt8>, number: Int) {
        self.bytes = bytes
        place = bytes.startIndex
        self.number = number
    }

    /// The line's sample; `nil` for an empty line and for a comment.
    mutating func read() throws(Fault) -> MetricSample? {
        skipBlanks()
        guard let first = next, first != UInt8(ascii: "#"), first != 0x0D else { return nil }
        var sample = MetricSample(try name(colons: true), [:], 0)
        skipBlanks()
        if next == UInt8(ascii: "{") {
            place += 1
            sample.labels = try labels()
            skipBlanks()
        }
        sample.value = try value()
        skipBlanks()
        // A time stamp, in milliseconds.
        if let digit = next, digit != 0x0D {
            guard Int64(word()) != nil else {
                throw fault("has more than a value and a time stamp")
            }
            skipBlanks()
            guard next == nil || next == 0x0D else { throw fault("goes on after its time stamp") }
        }
        return sample
    }

    private var next: UInt8? { place < bytes.endIndex ? bytes[place] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 { place += 1 }
    }

    private func fault(_ what: String) -> Fault {
        Fault(.malformed, "Line \(number) of the page of metrics \(what).")
    }

    private mutating func name(colons: Bool) throws(Fault) -> String {
        let start = place
        while let byte = next {
            let isLetter =
                switch byte {
                case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
                case UInt8(ascii: ":"): colons
                case 0x30...0x39: place > start
                default: false
                }
            guard isLetter else { break }
            place += 1
        }
        guard place > start, place - start <= 200 else {
            throw fault("has no name of 1 to 200 letters, digits and underscores where one belongs")
        }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func labels() throws(Fault) -> [String: String] {
        var labels: [String: String] = [:]
        while true {
            skipBlanks()
            if next == UInt8(ascii: "}") { break }
            let key = try name(colons: false)
            skipBlanks()
            guard next == UInt8(ascii: "=") else { throw fault("has a label without a value") }
            place += 1
            skipBlanks()
            guard labels.updateValue(try quoted(), forKey: key) == nil else {
                throw fault("has the label “\(key)” twice")
            }
            guard labels.count <= MetricText.labels else {
                throw fault("has more than \(MetricText.labels) labels")
            }
            skipBlanks()
            guard next == UInt8(ascii: ",") else { break }
            place += 1
        }
        guard next == UInt8(ascii: "}") else { throw fault("does not close its labels") }
        place += 1
        return labels
    }

    private mutating func quoted() throws(Fault) -> String {
        guard next == UInt8(ascii: "\"") else { throw fault("has a label's value without quotes") }
        place += 1
        var text: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                switch next {
                case UInt8(ascii: "n"): text.append(0x0A)
                case UInt8(ascii: "\\"), UInt8(ascii: "\""): text.append(bytes[place])
                default: throw fault("has an escape that is not known")
                }
                place += 1
            default: text.append(byte)
            }
            guard text.count <= 1024 else { throw fault("has a label of more than 1024 bytes") }
        }
        throw fault("does not close a label's quotes")
    }

    private mutating func value() throws(Fault) -> Double {
        let text = word()
        switch text {
        case "+Inf", "Inf": return .infinity
        case "-Inf": return -.infinity
        case "NaN": return .nan
        default:
            guard text.utf8.count <= 64, let value = Double(text) else {
                throw fault("has “\(text.prefix(40))” where a value belongs")
            }
            return value
        }
    }

    private mutating func word() -> String {
        let start = place
        while let byte = next, byte != 0x20, byte != 0x09, byte != 0x0D { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }
}
