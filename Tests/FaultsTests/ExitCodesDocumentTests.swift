import Faults
import Glibc
import Testing

/// Holds `docs/exit-codes.md` and the enumeration together, row by row.
@Suite struct ExitCodesDocumentTests {
    private func rows() throws -> [[String]] {
        let parts = #filePath.split(separator: "/").dropLast(3)
        let path = "/" + parts.joined(separator: "/") + "/docs/exit-codes.md"
        let file = try #require(fopen(path, "r"), "\(path) cannot be read")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        let text = try #require(String(validating: bytes[..<count], as: UTF8.self))
        return text.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.hasSuffix(" |") }
            .dropFirst()
            .map { row in
                row.dropFirst(2).dropLast(2).split(separator: " | ").map { String($0) }
            }
    }

    @Test func `each code has its row, in the order of the statuses, and no other row is there`()
        throws
    {
        let codes = FaultCode.allCases.sorted { $0.exitStatus < $1.exitStatus }
        let expected = codes.map { ["\($0.exitStatus)", "`\($0.rawValue)`", $0.meaning] }
        #expect(try rows().map { Array($0.prefix(3)) } == expected)
    }

    @Test func `each row says what to do`() throws {
        for row in try rows() {
            #expect(row.count == 4, "\(row)")
            #expect(row.last?.hasSuffix(".") == true, "\(row)")
        }
    }
}
