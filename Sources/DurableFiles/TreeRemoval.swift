public import Faults
internal import Glibc

extension Directory {
    /// Removes whatever a name holds, a directory with all that is in it; links are not followed.
    ///
    /// Names that are not UTF-8 go too: whatever was written into a slot can be removed again. Depth
    /// is bounded by the file system's longest path, memory by one level's names each.
    public func removeTree(_ name: String) throws(Fault) {
        try Directory.check(name)
        try removeTree(Array(name.utf8.map { CChar(bitPattern: $0) }) + [0])
    }

    /// Removes all that this directory holds but for some names.
    ///
    /// - Parameter stays: whether a name stays; not asked of one that is not UTF-8, which goes.
    /// - Returns: the names that stay.
    /// - Throws: a `Fault` of the disk.
    public func removeAll(but stays: (String) -> Bool) throws(Fault) -> [String] {
        var names: [String] = []
        for raw in try rawNames(limit: .max) {
            let bytes = raw.dropLast().map { UInt8(bitPattern: $0) }
            if let name = String(validating: bytes, as: UTF8.self), stays(name) {
                names.append(name)
            } else {
                try removeTree(raw)
            }
        }
        return names
    }

    private func removeTree(_ name: [CChar]) throws(Fault) {
        func failed() -> Fault {
            systemFault("cannot remove \(path)/\(Directory.readable(name))")
        }
        if unsafe unlinkat(raw, name, 0) == 0 || errno == ENOENT { return }
        // Linux says EISDIR of a directory, POSIX allows EPERM.
        guard errno == EISDIR || errno == EPERM else { throw failed() }
        let inner = unsafe openat(raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if inner < 0, errno == EACCES {
            // A directory without permissions; its owner may give himself some.
            guard unsafe fchmodat(raw, name, 0o700, 0) == 0 else { throw failed() }
            return try removeTree(name)
        }
        guard inner >= 0 else { throw failed() }
        let directory = Directory(
            owning: Descriptor(owning: inner), path: path + "/" + Directory.readable(name))
        _ = fchmod(inner, 0o700)
        for child in try directory.rawNames(limit: .max) { try directory.removeTree(child) }
        guard unsafe unlinkat(raw, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw failed()
        }
    }
}
