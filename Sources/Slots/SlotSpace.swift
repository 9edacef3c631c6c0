internal import DurableFiles
public import Faults

/// What emptying a slot gives back.
public struct SlotSpace: Sendable, Equatable {
    /// Bytes.
    public var bytes: Int64 = 0
    /// Inodes.
    public var inodes: Int64 = 0

    /// Adds up what a slot takes on the disk; nothing for a slot that does not exist.
    public static func of(_ slot: SlotName, _ store: borrowing Store) throws(Fault) -> SlotSpace {
        var space = SlotSpace()
        if let directory = try store.openSlot(slot) { try space.add(directory) }
        return space
    }

    private mutating func add(_ directory: borrowing Directory) throws(Fault) {
        for name in try directory.names() {
            guard let info = try directory.info(name) else { continue }
            // A hard link's space goes with its last name; counting a share never promises too much.
            bytes += info.allocated / Int64(max(info.kind == .file ? info.links : 1, 1))
            inodes += info.kind == .file && info.links > 1 ? 0 : 1
            if info.kind == .directory { try add(directory.open(name)) }
        }
    }
}
