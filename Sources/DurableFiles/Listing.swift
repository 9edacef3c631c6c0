internal import CLinux
public import Faults
internal import Glibc

extension Directory {
    /// The names in this directory, sorted by their bytes, without `.` and `..`.
    ///
    /// - Parameter limit: the most names that are accepted.
    /// - Returns: the names.
    /// - Throws: a `Fault` also for a name that is not UTF-8.
    public func names(limit: Int = 1_000_000) throws(Fault) -> [String] {
        var names: [String] = []
        for name in try rawNames(limit: limit) {
            let bytes = name.dropLast().map { UInt8(bitPattern: $0) }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw Fault(
                    .storage,
                    "The directory \(path) holds a name that is not UTF-8 "
                        + "(“\(Directory.readable(name))”).")
            }
            names.append(name)
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The names as the kernel gives them, each with its closing zero.
    func rawNames(limit: Int) throws(Fault) -> [[CChar]] {
        let copy = unsafe openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = unsafe fdopendir(copy) else {
            throw systemFault("cannot list the directory \(path)")
        }
        defer { unsafe closedir(stream) }
        var names: [[CChar]] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let start = unsafe clinux_entry_name(entry)
            let name = unsafe [CChar](UnsafeBufferPointer(start: start, count: strlen(start)))
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            guard names.count < limit else {
                throw Fault(.storage, "The directory \(path) holds more than \(limit) names.")
            }
            names.append(name + [0])
        }
        guard errno == 0 else { throw systemFault("cannot list the directory \(path)") }
        return names
    }

    static func readable(_ name: [CChar]) -> String {
        String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
