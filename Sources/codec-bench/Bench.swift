internal import Bundle
internal import Faults
internal import Glibc
internal import Sealing
internal import StrictJSON

/// The measurements, printed as they come.
struct Bench: ~Copyable {
    private struct Case {
        var kind: Weights.Kind
        var codec: ChunkCodec
        var width = 0
        var layout = ChunkLayout.plain
        var name: String
    }

    private let options: BenchOptions
    private let weights: Weights
    private var encoder: ChunkEncoder
    private var decoder: ChunkDecoder
    private var plain: [UInt8]
    private var rows: [JSONValue] = []

    init(_ options: BenchOptions) throws(Fault) {
        self.options = options
        weights = Weights(count: options.chunk, seed: options.seed, noise: 2e-4)
        let encoder = try ChunkEncoder(level: options.level)
        let decoder = try ChunkDecoder()
        self.encoder = encoder
        self.decoder = decoder
        plain = [UInt8](repeating: 0, count: options.chunk)
    }

    var report: JSONValue {
        .members([
            ("chunkBytes", .integer(options.chunk)), ("level", .integer(options.level)),
            ("seed", .integer(options.seed)), ("rows", .array(rows)),
        ])
    }

    private static let cases: [Case] = [
        Case(kind: .int8, codec: .zstd, name: "zstd"),
        Case(kind: .fp16, codec: .zstd, name: "zstd"),
        Case(kind: .int8, codec: .planes, width: 1, name: "planes(1)"),
        Case(kind: .fp16, codec: .planes, width: 2, name: "planes(2)"),
        Case(kind: .bf16, codec: .planes, width: 2, layout: .rotated, name: "planes(2) rotated"),
        Case(kind: .fp32, codec: .planes, width: 4, name: "planes(4)"),
        Case(kind: .fp32, codec: .planes, width: 4, layout: .rotated, name: "planes(4) rotated"),
        Case(kind: .fp64, codec: .planes, width: 8, name: "planes(8)"),
        Case(kind: .fp32, codec: .planes, width: 12, name: "planes(12)"),
        Case(
            kind: .q8Blocks, codec: .planes, width: 34, layout: .columns,
            name: "planes(34) columns"),
        Case(kind: .int8, codec: .difference, width: 1, name: "difference(1)"),
        Case(
            kind: .int8, codec: .difference, width: 1, layout: .packed,
            name: "difference(1) packed"),
        Case(kind: .fp16, codec: .difference, width: 2, name: "difference(2)"),
        Case(
            kind: .fp16, codec: .difference, width: 2, layout: .grouped,
            name: "difference(2) grouped"),
        Case(
            kind: .bf16, codec: .difference, width: 2, layout: .grouped.with(.packed),
            name: "difference(2) grouped packed"),
        Case(kind: .fp32, codec: .difference, width: 4, name: "difference(4)"),
        Case(
            kind: .fp32, codec: .difference, width: 4, layout: .grouped,
            name: "difference(4) grouped"),
        Case(kind: .fp64, codec: .difference, width: 8, name: "difference(8)"),
        Case(kind: .fp32, codec: .difference, width: 12, name: "difference(12)"),
        Case(
            kind: .q8Blocks, codec: .difference, width: 34, layout: .columns.with(.packed),
            name: "difference(34) columns packed"),
        Case(kind: .int8, codec: .dictionary, name: "dictionary"),
        Case(kind: .int8, codec: .copy, name: "copy"),
    ]

    mutating func run() throws(Fault) {
        print("chunks of \(options.chunk) bytes, level \(options.level), seed \(options.seed)")
        let from = [UInt8](repeating: 1, count: options.chunk)
        let copying = try Stopwatch.rate(bytes: options.chunk, seconds: options.seconds) {
            Bench.copy(from, into: &plain)
        }
        print("memcpy \(Bench.tenths(copying / 1e8)) GB/s\n")
        rows.append(
            .members([("name", .string("memcpy")), ("decode", .real(copying))]))
        print(Bench.line(["data", "codec", "stored", "encode MB/s", "decode GB/s", "frame GB/s"]))
        for one in Bench.cases { try measure(one) }
        print("\nwhat best() chooses")
        for kind in Weights.Kind.allCases {
            try choose(kind, withBase: true)
            try choose(kind, withBase: false)
        }
    }

    private func bytes(_ kind: Weights.Kind) -> (plain: [UInt8], base: [UInt8]) {
        (
            Array(Weights.bytes(weights.new, as: kind).prefix(options.chunk)),
            Array(Weights.bytes(weights.old, as: kind).prefix(options.chunk))
        )
    }

    private mutating func measure(_ one: Case) throws(Fault) {
        var (text, base) = bytes(one.kind)
        if one.codec == .copy { text = base }
        var coded: [UInt8] = []
        let encoding = try Stopwatch.rate(bytes: text.count, seconds: options.seconds) {
            () throws(Fault) in
            coded = try encoder.encode(
                text.span, as: one.codec, width: one.width, layout: one.layout, base: base.span)
        }
        let decoding = try decode(coded, one, base, text.count)
        guard plain.starts(with: text) else {
            throw Fault(.internalError, "“\(one.name)” does not decode to what was encoded.")
        }
        var frame: Double?
        if one.codec.hasWidth, !one.layout.isPacked {
            let alone = Case(kind: one.kind, codec: .zstd, name: "")
            frame = try decode(coded, alone, base, text.count)
        }
        print(
            Bench.line([
                one.kind.rawValue, one.name, Bench.share(coded.count, of: text.count),
                Bench.tenths(encoding / 1e5), Bench.tenths(decoding / 1e8),
                frame.map { Bench.tenths($0 / 1e8) } ?? "",
            ]))
        rows.append(
            .members([
                ("name", .string(one.name)), ("data", .string(one.kind.rawValue)),
                ("plainBytes", .integer(text.count)), ("storedBytes", .integer(coded.count)),
                ("encode", .real(encoding)), ("decode", .real(decoding)),
                ("frame", frame.map { .real($0) }),
            ]))
    }

    private mutating func decode(
        _ coded: [UInt8], _ one: Case, _ base: [UInt8], _ length: Int
    ) throws(Fault) -> Double {
        let entry = IndexEntry(
            codec: one.codec, width: one.width, layout: one.layout, plainLength: length,
            plainDigest: try SHA256.digest(of: []), stored: nil)
        return try Stopwatch.rate(bytes: length, seconds: options.seconds) { () throws(Fault) in
            try decoder.decode(coded.span, as: entry, base: base.span, into: &plain)
        }
    }

    private mutating func choose(_ kind: Weights.Kind, withBase: Bool) throws(Fault) {
        let (text, base) = bytes(kind)
        var choice = ChunkChoice(codec: .zstd, coded: [])
        let rate = try Stopwatch.rate(bytes: text.count, seconds: options.seconds) {
            () throws(Fault) in
            choice =
                withBase
                ? try encoder.best(text.span, base: base.span) : try encoder.best(text.span)
        }
        let name = "\(choice.codec)(\(choice.width)) layout \(choice.layout.rawValue)"
        print(
            Bench.line([
                kind.rawValue, name, Bench.share(choice.coded.count, of: text.count),
                Bench.tenths(rate / 1e5),
            ]))
        rows.append(
            .members([
                ("name", .string("best")), ("data", .string(kind.rawValue)),
                ("base", .bool(withBase)), ("choice", .string(name)),
                ("plainBytes", .integer(text.count)),
                ("storedBytes", .integer(choice.coded.count)), ("encode", .real(rate)),
            ]))
    }

    private static func copy(_ from: [UInt8], into to: inout [UInt8]) {
        unsafe to.withUnsafeMutableBytes { to in
            unsafe from.withUnsafeBytes { from in
                guard let target = to.baseAddress, let source = from.baseAddress
                else { return }
                _ = unsafe memcpy(target, source, min(from.count, to.count))
            }
        }
    }

    /// A number that is ten times too large, with one decimal.
    private static func tenths(_ number: Double) -> String {
        let rounded = Int(number.rounded())
        return "\(rounded / 10).\(rounded % 10)"
    }

    private static func share(_ part: Int, of whole: Int) -> String {
        let text = String(part * 10_000 / whole)
        return "0." + String(repeating: "0", count: max(0, 4 - text.count)) + text
    }

    private static func line(_ cells: [String]) -> String {
        var line = ""
        for (cell, width) in zip(cells, [6, 30, 8, 13, 13, 12]) {
            line += cell + String(repeating: " ", count: max(1, width - cell.count))
        }
        return line
    }
}
