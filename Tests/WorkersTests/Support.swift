import Glibc
import Testing

/// The names of this process's threads.
func threads() throws -> Set<String> {
    let directory = unsafe opendir("/proc/self/task")
    let tasks = try #require(unsafe directory)
    defer { unsafe closedir(tasks) }
    let name = try #require(MemoryLayout<dirent>.offset(of: \.d_name))
    var names: Set<String> = []
    while let entry = unsafe readdir(tasks) {
        // The field is not to be copied whole: an entry has no more than its name needs.
        let start = unsafe UnsafeRawPointer(entry) + name
        let task = unsafe String(cString: start.assumingMemoryBound(to: CChar.self))
        let file = unsafe open("/proc/self/task/\(task)/comm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { continue }
        defer { close(file) }
        var name = [UInt8](repeating: 0, count: 64)
        let count = unsafe read(file, &name, 64)
        names.insert(String(decoding: name.prefix(max(0, count - 1)), as: UTF8.self))
    }
    return names
}
