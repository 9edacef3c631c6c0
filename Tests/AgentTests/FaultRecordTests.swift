import Faults
import Testing

@testable import Agent

/// A fault on its way from the process that fetches to the one that decides.
@Suite struct FaultRecordTests {
    @Test(arguments: [
        Fault(
            .untrusted, "Too few signatures.", advice: "Sign it.", cause: "line 1\nline 2\u{1B}[2J"),
        Fault(.cancelled, "Stopped by signal 2."),
    ])
    func `a fault comes over as it was`(fault: Fault) throws {
        #expect(try FaultRecord.read(FaultRecord.bytes(fault)) == fault)
    }

    @Test func `a text that is far too long is cut, and still comes over`() throws {
        let fault = Fault(.network, String(repeating: "long ", count: 100_000))
        let read = try FaultRecord.read(FaultRecord.bytes(fault))
        #expect(read.code == .network)
        #expect(read.message.utf8.count < 32 << 10)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"code":"no-such","message":"x","advice":""}"#,
        #"{"code":"network","message":7,"advice":""}"#,
        #"{"code":"network","message":{"a":{"b":{"c":1}}},"advice":""}"#,
    ])
    func `what is no fault is refused`(text: String) {
        #expect(throws: Fault.self) { try FaultRecord.read(Array(text.utf8)) }
    }
}
