import DurableFiles
import Faults
import TestKit
import Testing

@testable import Smoke

private func read(_ bytes: [UInt8]) throws(Fault) -> Tensor { try TensorProto.read(bytes.span) }

@Suite struct TensorProtoTests {
    @Test func `raw data of every type reads as its values`() throws {
        let cases: [(TensorType, [UInt8], [Double])] = [
            (.float32, littleEndian(Float(-1.5).bitPattern), [-1.5]),
            (.float64, littleEndian(0.1.bitPattern), [0.1]),
            (.float16, [0x00, 0x3C, 0x00, 0xC1], [1, -2.5]),
            (.bfloat16, [0x80, 0x3F, 0x20, 0xC0], [1, -2.5]),
            (.int8, [0xFF, 0x7F], [-1, 127]),
            (.uint8, [0xFF], [255]),
            (.int16, [0xFE, 0xFF], [-2]),
            (.uint16, [0xFE, 0xFF], [65534]),
            (.int32, littleEndian(Int32.min), [Double(Int32.min)]),
            (.uint32, littleEndian(UInt32.max), [4_294_967_295]),
            (.int64, littleEndian(Int64(-7)), [-7]),
            (.uint64, littleEndian(UInt64(1) << 60), [1_152_921_504_606_846_976]),
            (.bool, [0, 1], [0, 1]),
        ]
        #expect(cases.count == TensorType.allCases.count)
        for (type, raw, values) in cases {
            let tensor = try read(
                ProtobufMaker.tensor(
                    "t", type: Int64(type.rawValue), shape: [Int64(values.count)], raw: raw))
            #expect(tensor.type == type && tensor.name == "t" && tensor.shape == [values.count])
            #expect((0..<tensor.count).map { tensor.value($0) } == values)
        }
    }

    @Test func `typed data reads packed or not, the type before or after it`() throws {
        var packed = ProtobufMaker()
        packed.data(4, [1.0, 2.5].flatMap { littleEndian(Float($0).bitPattern) })
        packed.data(1, [2])
        packed.number(2, 1)
        var single = ProtobufMaker()
        single.number(2, 1)
        single.number(1, 2)
        single.fixed32(4, 1)
        single.fixed32(4, 2.5)
        for maker in [packed, single] {
            let tensor = try read(maker.bytes)
            #expect(tensor.shape == [2] && tensor.value(0) == 1 && tensor.value(1) == 2.5)
        }
        var small = ProtobufMaker()
        small.number(2, 3)
        small.number(1, 3)
        // −1 as 64 bits, −2 as 32 bits, 127.
        small.number(5, -1)
        small.number(5, Int64(UInt32.max) - 1)
        small.number(5, 127)
        #expect((0..<3).map { (try? read(small.bytes).value($0)) ?? .nan } == [-1, -2, 127])
        var half = ProtobufMaker()
        half.number(2, 10)
        half.number(5, 0x3C00)
        let scalar = try read(half.bytes)
        #expect(scalar.shape == [] && scalar.value(0) == 1)
        var wide = ProtobufMaker()
        wide.number(2, 13)
        wide.number(11, -1)
        #expect(try read(wide.bytes).value(0) == Double(UInt64.max))
    }

    @Test func `elements are written as the shortest numbers that read back the same`() throws {
        var bits: [UInt32] = [0, 1, 0x8000_0000, 0x7F7F_FFFF, 0x3DCC_CCCD]
        for _ in 0..<2000 { bits.append(.random(in: 0...(.max))) }
        let floats = bits.map { Float(bitPattern: $0) }.filter(\.isFinite)
        let tensor = try read(ProtobufMaker.floats("x", shape: [Int64(floats.count)], floats))
        for (index, float) in floats.enumerated() {
            var text: [UInt8] = []
            tensor.write(index, into: &text)
            let read = Float(String(decoding: text, as: UTF8.self))
            #expect(read?.bitPattern == float.bitPattern)
        }
        #expect(tensor.firstNonFinite == nil)
        let odd = try read(ProtobufMaker.floats("x", shape: [3], [1, .nan, .infinity]))
        #expect(odd.firstNonFinite == 1)
    }

    @Test func `what is no plain tensor is refused`() {
        func refuses(_ code: FaultCode = .malformed, _ build: (inout ProtobufMaker) -> Void) -> Bool
        {
            var maker = ProtobufMaker()
            build(&maker)
            do {
                _ = try read(maker.bytes)
                return false
            } catch { return error.code == code }
        }
        let four: [UInt8] = [0, 0, 0, 0]
        #expect(
            !refuses {
                $0.number(2, 1); $0.data(9, four)
            })
        #expect(refuses { $0.data(9, four) })
        #expect(refuses { $0.number(2, 1) })
        #expect(
            refuses {
                $0.number(2, 1); $0.data(9, [0, 0, 0])
            })
        #expect(
            refuses {
                $0.number(2, 1); $0.number(2, 1); $0.data(9, four)
            })
        #expect(
            refuses {
                $0.number(2, 1); $0.data(9, four); $0.data(9, four)
            })
        #expect(
            refuses {
                $0.number(2, 1); $0.data(9, four); $0.fixed32(4, 0)
            })
        #expect(
            refuses {
                $0.number(2, 1); $0.number(5, 0)
            })
        #expect(
            refuses {
                $0.number(2, 1); $0.number(4, 0)
            })
        #expect(
            refuses {
                $0.number(2, 3); $0.number(5, 128)
            })
        #expect(
            refuses {
                $0.number(2, 9); $0.number(5, 2)
            })
        #expect(
            refuses {
                $0.number(2, 1); $0.number(1, -1); $0.data(9, four)
            })
        #expect(
            refuses {
                $0.number(2, 1); $0.number(1, 0); $0.data(9, [])
            })
        #expect(
            refuses {
                $0.number(2, 1); for _ in 0..<17 { $0.number(1, 1) }; $0.data(9, four)
            })
        #expect(
            refuses { m in
                m.number(2, 1); for _ in 0..<16 { m.number(1, 1 << 26) }
            })
        #expect(
            refuses {
                $0.number(2, 1); $0.data(8, [0xFF]); $0.data(9, four)
            })
        #expect(
            refuses {
                $0.number(2, 1); $0.varint(9 << 3 | 3); $0.data(9, four)
            })
        #expect(refuses { $0.bytes = Array(repeating: 0xFF, count: 11) })
        #expect(
            refuses(.unsupported) {
                $0.number(2, 8); $0.data(6, four)
            })
        #expect(
            refuses(.unsupported) {
                $0.number(2, 14); $0.data(9, four)
            })
        #expect(
            refuses(.unsupported) {
                $0.number(2, 1); $0.number(14, 1)
            })
        #expect(
            refuses(.unsupported) {
                $0.number(2, 1); $0.data(13, [])
            })
        #expect(
            refuses(.unsupported) {
                $0.number(2, 1); $0.data(3, [])
            })
    }

    @Test func `unknown fields are passed over`() throws {
        var maker = ProtobufMaker()
        maker.data(12, Array("documentation".utf8))
        maker.number(99, 7)
        maker.fixed32(98, 1)
        maker.bytes += ProtobufMaker.floats("x", shape: [1], [3])
        #expect(try read(maker.bytes).value(0) == 3)
    }

    @Test func `every truncation and every altered byte of a tensor reads or is refused`() {
        let whole = ProtobufMaker.floats("name", shape: [2, 3], [1, 2, 3, 4, 5, 6])
        for count in 0..<whole.count {
            #expect(throws: Fault.self) { try read(Array(whole[..<count])) }
        }
        for index in whole.indices {
            for value in UInt8.min...UInt8.max {
                var altered = whole
                altered[index] = value
                if let tensor = try? read(altered) {
                    #expect(tensor.bytes.count == tensor.count * tensor.type.width)
                }
            }
        }
    }

    @Test func `no bytes at all trap or run away`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...64, using: &random)
            // Tags of real fields often, so that readers get beyond the first byte.
            let bytes = (0..<length).map { _ -> UInt8 in
                Bool.random(using: &random)
                    ? [0x08, 0x0A, 0x10, 0x22, 0x2A, 0x3A, 0x42, 0x4A, 0x52, 0x5A, 0x01]
                        .randomElement(
                            using: &random) ?? 0
                    : UInt8.random(in: 0...255, using: &random)
            }
            if let tensor = try? read(bytes) {
                for index in 0..<tensor.count {
                    var text: [UInt8] = []
                    tensor.write(index, into: &text)
                    #expect(!text.isEmpty)
                }
            }
        }
    }
}

@Suite struct GoldenCaseTests {
    private let scalar = ProtobufMaker.floats("x", shape: [], [1])

    @Test func `files are taken in numeric order and others are passed over`() throws {
        try withScratch { scratch in
            let place = try scratch.make("set")
            for number in [10, 2, 0] {
                try place.replace(
                    "input_\(number).pb", with: ProtobufMaker.floats("x\(number)", shape: [], [1]))
            }
            try place.replace("output_0.pb", with: scalar)
            for name in ["input_.pb", "input_01.pb", "input_-1.pb", "input_1.pb.bak", "notes.txt"] {
                try place.replace(name, with: [0xFF])
            }
            let golden = try GoldenCase("set", in: scratch)
            #expect(golden.inputs.map(\.name) == ["x0", "x2", "x10"])
            #expect(golden.outputs.count == 1)
        }
    }

    @Test func `a case without inputs, outputs, names or finite numbers is refused`() throws {
        try withScratch { scratch in
            let place = try scratch.make("set")
            #expect(throws: Fault.self) { try GoldenCase("set", in: scratch) }
            try place.replace("input_0.pb", with: scalar)
            #expect(throws: Fault.self) { try GoldenCase("set", in: scratch) }
            try place.replace("output_0.pb", with: ProtobufMaker.floats("y", shape: [], [.nan]))
            #expect(throws: Fault.self) { try GoldenCase("set", in: scratch) }
            try place.replace("output_0.pb", with: scalar)
            #expect(throws: Never.self) { try GoldenCase("set", in: scratch) }
            try place.replace("input_0.pb", with: ProtobufMaker.floats("", shape: [], [1]))
            #expect(throws: Fault.self) { try GoldenCase("set", in: scratch) }
            #expect(throws: Fault.self) { try GoldenCase("absent", in: scratch) }
            try scratch.replaceLink("link", target: "set")
            #expect(throws: Fault.self) { try GoldenCase("link", in: scratch) }
        }
    }
}
