import DurableFiles
import Faults
import Glibc
import TestKit
import Testing

@testable import Signing

/// Runs a command line of the shell in a directory; its output goes to `output.txt` there.
func shell(_ line: String, in directory: String) -> Int32 {
    let status = system("cd '\(directory)' && ( \(line) ) >output.txt 2>&1")
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
}

/// Runs a command that must succeed.
func run(_ line: String, in directory: borrowing Directory) throws {
    let status = shell(line, in: directory.path)
    guard status == 0 else {
        let output = try directory.read("output.txt", limit: 1 << 16) ?? []
        throw Fault(
            .internalError,
            "“\(line)” \(status): \(String(decoding: output, as: UTF8.self))",
            advice: "These tests need the openssl command (apt install openssl).")
    }
}

func read(_ name: String, in directory: borrowing Directory) throws -> [UInt8] {
    try #require(try directory.read(name, limit: 1 << 20))
}

func write(_ bytes: [UInt8], _ name: String, in directory: borrowing Directory) throws {
    try directory.create(name).write(bytes.span, name)
}

/// The fault that a body throws.
func fault(_ body: () throws -> Void) throws -> Fault {
    do {
        try body()
    } catch let fault as Fault {
        return fault
    }
    throw Fault(.internalError, "Nothing was thrown.")
}
