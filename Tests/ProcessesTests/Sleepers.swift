import DurableFiles
import Faults
import Glibc

/// Whether some process runs `sleep` with this argument, which a test made its own.
func sleeps(_ mark: String) throws -> Bool {
    let processes = try Directory.open(path: "/proc")
    for name in try processes.names() where Int(name) != nil {
        guard let process = try? processes.open(name),
            let line = try? process.readSmall("cmdline")
        else { continue }
        if line.contains("sleep\0\(mark)\0") { return true }
    }
    return false
}

extension Directory {
    func readSmall(_ name: String) throws -> String? {
        guard let file = try openFile(name) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = try file.read(into: &bytes, count: bytes.count, name)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// A number of seconds that no other test sleeps.
func mark() -> String { "\(Int.random(in: 10_000_000...99_999_999))" }
