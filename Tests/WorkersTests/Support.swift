import Glibc
import Testing

/// The names of this process's threads.
func threads() throws -> Set<String> {
    let directory = unsafe opendir("/proc/self/task")
    let tasks = try #require(unsafe directory)
    defer { unsafe closedir(tasks) }
    var names: Set<String> = []
    while let entry = unsafe readdir(tasks) {
        let task = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: unsafe bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let file = unsafe open("/proc/self/task/\(task)/comm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { continue }
        defer { close(file) }
        var name = [UInt8](repeating: 0, count: 64)
        let count = unsafe read(file, &name, 64)
        names.insert(String(decoding: name.prefix(max(0, count - 1)), as: UTF8.self))
    }
    return names
}
