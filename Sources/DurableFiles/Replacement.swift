public import Faults
internal import Glibc

/// Durable changes of what a name holds: a crash leaves the old or the new, whole.
extension Directory {
    /// Puts a file in place durably: data synced, renamed, directory synced.
    ///
    /// A crash leaves the old file or the new one, whole. A remainder of an earlier crash is
    /// cleared, and a failure leaves none. The caller holds whatever lock keeps a second writer away.
    ///
    /// - Parameters:
    ///   - name: the file to put in place.
    ///   - bytes: its new content.
    ///   - mode: its permission bits.
    ///   - temporary: what it is called until it is whole, where names come from elsewhere and
    ///     `.NAME.new` may be one of them, or too long.
    /// - Throws: a `Fault`.
    public func replace(
        _ name: String, with bytes: [UInt8], mode: UInt32 = 0o644, temporary: String? = nil
    ) throws(Fault) {
        try Directory.check(name)
        let temporary = Protection.newFile.isOff ? name : temporary ?? ".\(name).new"
        try remove(temporary)
        do throws(Fault) {
            let file = try create(temporary, mode: mode)
            try file.write(bytes.span, "\(path)/\(name)")
            try file.sync("\(path)/\(name)")
            try file.closeChecked("\(path)/\(name)")
            guard temporary != name else { return try sync() }
            try rename(temporary, to: name)
        } catch {
            // It would keep an inode, and maybe blocks, of a disk that has no more.
            try? remove(temporary)
            throw error
        }
    }

    /// Puts a file in place durably without new blocks: the bytes go into those of a spare file.
    ///
    /// For a disk without a free block, where even what a removed file gave back may be kept for
    /// root. The spare was written whole before, so that overwriting it allocates nothing on a file
    /// system that overwrites in place. The file that it replaces becomes the next spare, with the
    /// blocks that it has.
    ///
    /// - Parameters:
    ///   - name: the file to put in place.
    ///   - bytes: its new content.
    ///   - spare: a file in this directory, whose blocks hold the content.
    /// - Throws: a `Fault`, of code `no-space` where the spare is missing or too short.
    public func replace(
        _ name: String, with bytes: [UInt8], inPlaceOf spare: String
    ) throws(Fault) {
        try overwrite(spare, with: bytes, "\(path)/\(name)")
        // A second name of the old file keeps its blocks: freed, they may go to root's share.
        let kept = ".\(spare).kept"
        try remove(kept)
        let isKept = unsafe linkat(raw, name, raw, kept, 0) == 0
        try rename(spare, to: name)
        if isKept { try rename(kept, to: spare) }
    }

    /// Puts a file in place in another directory durably, in the blocks of a spare file of this one.
    ///
    /// - Parameters:
    ///   - spare: a file in this directory, written whole before; it is used up.
    ///   - bytes: the new content.
    ///   - name: the file to put in place.
    ///   - other: where, on the same file system.
    /// - Throws: a `Fault`, of code `no-space` where the spare is missing or too short.
    public func move(
        _ spare: String, holding bytes: [UInt8], to name: String, in other: borrowing Directory
    ) throws(Fault) {
        try Directory.check(name)
        let what = "\(other.path)/\(name)"
        try overwrite(spare, with: bytes, what)
        guard unsafe renameat(raw, spare, other.raw, name) == 0 else {
            throw systemFault("cannot put \(what) in place")
        }
        try other.sync()
        try sync()
    }

    /// Writes a spare file anew, which has the blocks for it.
    private func overwrite(
        _ spare: String, with bytes: [UInt8], _ what: String
    ) throws(Fault) {
        guard let file = try openFile(spare, flags: O_RDWR),
            try file.info(what).holds(bytes.count)
        else {
            throw systemFault("cannot write \(what), nor is there a reserve for it", error: ENOSPC)
        }
        try file.write(bytes.span, what)
        guard ftruncate(file.raw, off_t(bytes.count)) == 0 else {
            throw systemFault("cannot write \(what)")
        }
        try file.sync(what)
        try file.closeChecked(what)
    }

    /// Puts a symbolic link in place durably by one `rename`.
    public func replaceLink(_ name: String, target: String) throws(Fault) {
        try Directory.check(name)
        let temporary = Protection.linkRename.isOff ? name : ".\(name).new"
        try remove(temporary)
        guard unsafe symlinkat(target, raw, temporary) == 0 else {
            throw systemFault("cannot make the link \(path)/\(temporary)")
        }
        guard temporary != name else { return try sync() }
        try rename(temporary, to: name)
    }

    /// Puts a file that is this program's own in place durably, also where something that no file can
    /// be put over stands in its way.
    ///
    /// - Parameters:
    ///   - name: the file to put in place; nobody else has a say in what it is.
    ///   - bytes: its new content.
    /// - Throws: a `Fault`.
    public func put(_ name: String, with bytes: [UInt8]) throws(Fault) {
        try clearWay(for: name)
        try replace(name, with: bytes)
    }

    /// Sets a directory aside that stands where a file or link of this program's own belongs.
    ///
    /// It is kept as `.NAME.aside`, not removed, as nobody knows whose it is; the one before it goes.
    public func clearWay(for name: String) throws(Fault) {
        guard try info(name)?.kind == .directory else { return }
        let aside = ".\(name).aside"
        try removeTree(aside)
        try rename(name, to: aside)
    }

    /// Renames within this directory and makes the renaming durable.
    public func rename(_ old: String, to new: String) throws(Fault) {
        try Directory.check(old)
        try Directory.check(new)
        guard unsafe renameat(raw, old, raw, new) == 0 else {
            throw systemFault("cannot rename \(path)/\(old) to \(new)")
        }
        try sync()
    }
}

extension EntryInfo {
    /// Whether a file takes so many bytes without a new block.
    fileprivate func holds(_ count: Int) -> Bool { max(size, allocated) >= Int64(count) }
}
