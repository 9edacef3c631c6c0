internal import DurableFiles
internal import Faults

/// What is set aside so that a rollback, a boot or a recovery works on a full disk.
///
/// Two files of zeros stand in each directory that such a change writes to: their blocks are
/// overwritten in place where there is no free one, or where the last free ones are kept for root.
/// Some empty files give their inodes for the link.
extension Store {
    private static let blocks = 64 << 10
    static let blockFiles = ["reserve.0", "reserve.1"]
    private static let inodeFiles = ["reserve.inode.0", "reserve.inode.1", "reserve.inode.2"]

    /// Puts a file in place durably, on a full disk with what was set aside.
    func replace(
        _ name: String, in directory: borrowing Directory, with bytes: [UInt8]
    ) throws(Fault) {
        try directory.clearWay(for: name)
        do throws(Fault) {
            return try directory.replace(name, with: bytes)
        } catch  where error.code == .noSpace && !Protection.reserve.isOff {
            for spare in Store.blockFiles {
                do throws(Fault) {
                    return try directory.replace(name, with: bytes, inPlaceOf: spare)
                } catch  where error.code == .noSpace {
                    continue
                }
            }
            // A file system that does not overwrite in place has to be given space.
            releaseReserve()
            return try directory.replace(name, with: bytes)
        }
    }

    /// Does something that needs at most an inode; on a full disk with one that was set aside.
    func withReserve<Result: ~Copyable>(
        _ body: () throws(Fault) -> Result
    ) throws(Fault) -> Result {
        do throws(Fault) {
            return try body()
        } catch  where error.code == .noSpace && !Protection.reserve.isOff {
            releaseReserve()
            return try body()
        }
    }

    private func releaseReserve() {
        for name in Store.inodeFiles + Store.blockFiles { try? state.remove(name) }
        for name in Store.blockFiles { try? records.remove(name) }
        try? state.sync()
        try? records.sync()
    }

    /// Sets space and inodes aside again, as far as there are any.
    public func keepReserve() {
        (try? requestReserve())?.keep()
        for name in Store.inodeFiles { Store.keep(name, bytes: 0, in: state) }
        for name in Store.blockFiles {
            Store.keep(name, bytes: Store.blocks, in: state)
            Store.keep(name, bytes: Store.blocks, in: records)
        }
    }

    static func keep(_ name: String, bytes: Int, in directory: borrowing Directory) {
        if let present = try? directory.info(name), present.size == bytes { return }
        do throws(Fault) {
            // Written, not only allocated: only then does overwriting it need nothing new. Beside the
            // present one, which may be a used one and all that a full disk has.
            try directory.replace(name, with: [UInt8](repeating: 0, count: bytes))
        } catch {
            // The next command tries again.
            try? directory.remove(".\(name).new")
        }
    }
}
