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
}
