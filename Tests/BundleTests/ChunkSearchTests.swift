import Faults
import Glibc
import TestKit
import Testing

@testable import Bundle

/// What the builder's search finds, on data whose answer is known.
@Suite struct ChunkSearchTests {
    private func best(
        _ plain: [UInt8], base: [UInt8]? = nil, dictionary: [UInt8]? = nil, hint: Int? = nil,
        level: Int = 3
    ) throws -> ChunkChoice {
        var encoder = try ChunkEncoder(level: level)
        let none: [UInt8] = []
        let choice: ChunkChoice
        switch (base, dictionary) {
        case (nil, nil): choice = try encoder.best(plain.span, widthHint: hint)
        case (let base?, nil):
            choice = try encoder.best(plain.span, widthHint: hint, base: base.span)
        case (nil, let dictionary?):
            choice = try encoder.best(
                plain.span, widthHint: hint, dictionary: dictionary.span)
        case (let base?, let dictionary?):
            choice = try encoder.best(
                plain.span, widthHint: hint, base: base.span, dictionary: dictionary.span)
        }
        let brought = choice.codec == .dictionary ? dictionary ?? none : base ?? none
        let chunk = CodedChunk(
            entry: try CodedChunk.entry(choice.codec, choice.width, choice.layout, plain.count),
            coded: choice.coded, base: choice.codec.hasBase ? brought : none)
        var decoder = try ChunkDecoder()
        let decoded = try chunk.decoded(by: &decoder)
        #expect(decoded == plain, "what was chosen does not decode")
        return choice
    }

    /// Roughly normal floats, and the same after a little noise.
    private func weights(_ count: Int, seed: UInt64) -> (old: [Float], new: [Float]) {
        var random = SeededGenerator(seed: seed)
        var old: [Float] = []
        var new: [Float] = []
        for _ in 0..<count {
            let sum = (0..<6).reduce(0) { sum, _ in sum + Float(random.next() >> 40) * 0x1p-24 }
            let value = (sum - 3) * 0.028
            old.append(value)
            new.append(value + (Float(random.next() >> 40) * 0x1p-24 - 0.5) * 7e-4)
        }
        return (old, new)
    }

    private func half(_ values: [Float]) -> [UInt8] {
        values.flatMap { little(UInt64(Float16($0).bitPattern), 2) }
    }

    @Test func `an unchanged chunk is a copy`() throws {
        let plain = Array("nothing has changed".utf8)
        #expect(try best(plain, base: plain).codec == .copy)
    }

    @Test func `retrained half-precision weights are grouped differences, whatever the phase`()
        throws
    {
        let (old, new) = weights(40_000, seed: 3)
        let (base, plain) = (half(old), half(new))
        for phase in 0...1 {
            let choice = try best(
                Array(plain.dropFirst(phase)), base: Array(base.dropFirst(phase)))
            #expect(choice.codec == .difference && choice.width == 2)
            #expect(choice.layout.isGrouped && choice.layout.phase == phase)
            var encoder = try ChunkEncoder(level: 19)
            let simple = try encoder.encode(
                plain.span, as: .difference, width: 2, base: base.span)
            #expect(choice.coded.count * 100 < simple.count * 94)
        }
    }

    @Test func `retrained 8-bit weights are packed differences`() throws {
        let (old, new) = weights(60_000, seed: 4)
        let bytes = { (values: [Float]) in
            values.map { UInt8(bitPattern: Int8(($0 * 1200).rounded())) }
        }
        let choice = try best(bytes(new), base: bytes(old))
        #expect(choice.codec == .difference && choice.width == 1 && choice.layout.isPacked)
        #expect(choice.coded.count < 60_000 / 6)
    }

    @Test func `blocks with a scale each are found by their period`() throws {
        let (old, new) = weights(32 * 2000, seed: 5)
        func blocks(_ values: [Float]) -> [UInt8] {
            stride(from: 0, to: values.count, by: 32).flatMap { start -> [UInt8] in
                let block = values[start..<(start + 32)]
                let scale = block.reduce(1e-6) { max($0, abs($1)) } / 127
                return little(UInt64(Float16(scale).bitPattern), 2)
                    + block.map { UInt8(bitPattern: Int8(($0 / scale).rounded())) }
            }
        }
        let choice = try best(blocks(new), base: blocks(old))
        #expect(choice.codec == .difference && choice.width == 34 && choice.layout.isColumns)
        let hinted = try best(blocks(new), base: blocks(old), hint: 34)
        #expect(hinted == choice)
    }

    @Test func `weights without a base are planes, and text is zstd`() throws {
        let (old, _) = weights(40_000, seed: 6)
        #expect(try best(half(old)).codec == .planes)
        let text = Array(String(repeating: "of the index, by its own codec; ", count: 500).utf8)
        #expect(try best(text).codec == .zstd)
    }

    @Test func `moved code is found in the dictionary`() throws {
        var random = SeededGenerator(seed: 7)
        let dictionary = random.bytes(300_000)
        let plain = random.bytes(100) + Array(dictionary[1234..<101_234]) + random.bytes(100)
        let choice = try best(
            plain, base: Array(dictionary.prefix(plain.count)), dictionary: dictionary)
        #expect(choice.codec == .dictionary)
        #expect(choice.coded.count < 1000)
    }

    @Test(arguments: SeededGenerator.seeds(6))
    func `what is chosen always decodes, and is the same again`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for length in [1, 2, 15, 16, 17, 1025, 70_001] {
            let (plain, base) = random.pair(length)
            let choice = try best(plain, base: base, dictionary: base + base)
            #expect(try best(plain, base: base, dictionary: base + base) == choice)
            for hint in [1, 3, 8, 16, 34, 255, 1000] {
                _ = try best(plain, base: base, hint: hint)
            }
        }
    }

    @Test func `lengths that do not fit are our own mistake`() throws {
        var encoder = try ChunkEncoder(level: 1)
        let some = [UInt8](repeating: 0, count: 10)
        let more = [UInt8](repeating: 0, count: 11)
        let none: [UInt8] = []
        for body in [
            { _ = try encoder.best(none.span) },
            { _ = try encoder.best(some.span, base: more.span) },
            { _ = try encoder.best(some.span, dictionary: none.span) },
            { _ = try encoder.encode(some.span, as: .copy, base: more.span) },
            { _ = try encoder.encode(some.span, as: .difference, width: 2, base: more.span) },
            { _ = try encoder.encode(some.span, as: .planes, width: 17, base: none.span) },
        ] {
            #expect(try fault(body).code == .internalError)
        }
    }

    @Test func `logarithms in integers are close to the real ones`() {
        let logarithm = FixedLogarithm()
        for count: UInt32 in [0, 1, 2, 3, 1000, 4096, 8191, 8192, 100_003, 1 << 20] {
            let real = count == 0 ? 0 : Double(count) * log2(Double(count))
            let found = Double(logarithm.weighted(count)) / Double(1 << FixedLogarithm.fraction)
            #expect(abs(found - real) <= real * 1e-4)
        }
    }

    @Test func `runs of different statistics are cut where they change`() {
        var random = SeededGenerator(seed: 9)
        let bytes =
            random.bytes(8192) + random.bytes(16_384).map { $0 & 15 }
            + [UInt8](repeating: 0, count: 4096)
        let runs = BlockCuts().runs(of: bytes.span, exactly: true)
        #expect(runs.map { $0.end } == [8192, 24_576, 28_672])
        #expect(runs.first?.start == 0)
    }
}
