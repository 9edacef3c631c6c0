import Faults
import Testing

@Suite struct FaultCodeTests {
    @Test func `every code has an exit status of its own`() {
        let statuses = FaultCode.allCases.map(\.exitStatus)
        #expect(Set(statuses).count == statuses.count)
    }

    @Test func `no exit status collides with success, usage errors or signals`() {
        for code in FaultCode.allCases {
            #expect(code.exitStatus > 0 && code.exitStatus < 64)
        }
    }

    @Test func `a description carries message, cause and advice`() {
        let fault = Fault(.noSpace, "Needs 5 bytes.", advice: "Free some.", cause: "ENOSPC")
        #expect(fault.description == "Needs 5 bytes. (ENOSPC) Free some.")
        #expect(fault.during("Filling slot b").message == "Filling slot b: Needs 5 bytes.")
    }

    @Test(arguments: ["x", "ü", "\u{1F600}", "a\u{301}"])
    func `what a stranger made long is cut, whatever it is made of`(piece: String) {
        // One character of any length, too: a letter and what is set on it.
        for text in [
            String(repeating: piece, count: 100_000),
            "a" + String(repeating: "\u{301}", count: 100_000),
        ] {
            let fault = Fault(.malformed, text, advice: text, cause: text)
            #expect(Fault.longest - 8...Fault.longest ~= fault.message.utf8.count)
            #expect(fault.message.unicodeScalars.last == "…")
            #expect(!fault.message.contains("\u{FFFD}"))
            #expect(fault.during(text).message.utf8.count <= Fault.longest)
            #expect(fault.description.utf8.count < 3 * Fault.longest + 8)
        }
        let fits = String(repeating: "x", count: Fault.longest)
        #expect(Fault(.malformed, fits).message == fits)
    }
}
