import StrictJSON
import Testing

@testable import bearing_infer

@Suite struct DatatypeTests {
    @Test(arguments: [
        (Datatype.uint8, "0", "255"), (.uint16, "0", "65535"), (.uint32, "0", "4294967295"),
        (.uint64, "0", "18446744073709551615"), (.int8, "-128", "127"),
        (.int16, "-32768", "32767"), (.int32, "-2147483648", "2147483647"),
        (.int64, "-9223372036854775808", "9223372036854775807"),
        (.fp32, "-3.4028235e+38", "3.4028235e+38"), (.fp64, "5e-324", "1.7976931348623157e+308"),
    ])
    func `the extremes of each type come back exactly`(
        type: Datatype, least: String, greatest: String
    ) {
        for text in [least, greatest] {
            var bytes: [UInt8] = [7]
            #expect(type.append(.number(text), to: &bytes))
            #expect(bytes.count == 1 + type.size)
            #expect(type.element(of: bytes, at: 1) == .number(text))
        }
    }

    @Test func `booleans come back and numbers are none`() {
        var bytes: [UInt8] = []
        #expect(Datatype.bool.append(.bool(true), to: &bytes))
        #expect(Datatype.bool.append(.bool(false), to: &bytes))
        #expect(!Datatype.bool.append(.number("1"), to: &bytes))
        #expect(bytes == [1, 0])
        #expect(Datatype.bool.element(of: bytes, at: 0) == .bool(true))
    }

    @Test(arguments: [
        (Datatype.uint8, "256"), (.uint8, "-1"), (.int8, "128"), (.int32, "1.0"), (.int64, "1e3"),
        (.uint64, "18446744073709551616"), (.fp32, "1e39"), (.fp32, "-1e400"), (.fp64, "1e309"),
    ])
    func `a number beyond the type, or with a fraction, is refused`(type: Datatype, text: String) {
        var bytes: [UInt8] = []
        #expect(!type.append(.number(text), to: &bytes))
        #expect(bytes.isEmpty)
    }

    @Test func `no type takes a string, a null or an array`() {
        for type in Datatype.allCases {
            for value in [JSONValue.string("1"), .null, .array([.number("1")])] {
                var bytes: [UInt8] = []
                #expect(!type.append(value, to: &bytes))
            }
        }
    }

    @Test func `an infinity or NaN has no JSON`() {
        for value in [Float.infinity, -.infinity, .nan] {
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
            #expect(Datatype.fp32.element(of: bytes, at: 0) == nil)
            let tensor = Tensor(name: "p", datatype: .fp32, shape: [1], bytes: bytes)
            let refusal = #expect(throws: ProtocolError.self) {
                try Answers.inference([tensor], model: "m", version: nil, id: nil)
            }
            #expect(refusal?.status == 500)
        }
    }

    @Test func `codes are ONNX's and lead back to the type`() {
        for type in Datatype.allCases { #expect(Datatype(onnxCode: type.onnxCode) == type) }
        for code: Int32 in [-1, 0, 8, 10, 14, 16, 99] { #expect(Datatype(onnxCode: code) == nil) }
    }
}
