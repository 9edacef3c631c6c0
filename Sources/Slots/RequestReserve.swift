public import DurableFiles
public import Faults

/// One block that is set aside so that a person can ask for something on a full disk.
///
/// What a fallback needs is kept apart from it: only its second file is taken, and only where the
/// own one was used up.
public struct RequestReserve: ~Copyable, Sendable {
    /// The most bytes of a request.
    public static let limit = 4096
    private static let file = "reserve.request"

    private let state: Directory

    init(_ state: consuming Directory) { self.state = state }

    /// Leaves a request, durably.
    ///
    /// - Parameters:
    ///   - name: the request.
    ///   - bytes: what is said of it; what is longer than ``limit`` is cut off.
    ///   - directory: where requests stand.
    /// - Throws: a `Fault`.
    public func leave(
        _ name: String, _ bytes: [UInt8], in directory: borrowing Directory
    ) throws(Fault) {
        let bytes = Array(bytes.prefix(RequestReserve.limit))
        do throws(Fault) {
            try directory.replace(name, with: bytes)
        } catch  where error.code == .noSpace {
            // An empty beginning of it would be in nobody's way, but takes an inode.
            try? directory.remove(".\(name).new")
            return try leave(name, bytes, sparesIn: directory)
        }
        keep()
    }

    private func leave(
        _ name: String, _ bytes: [UInt8], sparesIn directory: borrowing Directory
    ) throws(Fault) {
        for spare in [RequestReserve.file, Store.blockFiles[1]] {
            do throws(Fault) {
                return try state.move(spare, holding: bytes, to: name, in: directory)
            } catch  where error.code == .noSpace {
                continue
            }
        }
        // A file system that does not overwrite in place has to be given space.
        try state.remove(RequestReserve.file)
        try state.sync()
        try directory.replace(name, with: bytes)
    }

    /// Sets the block aside again, as far as there is one.
    public func keep() { Store.keep(RequestReserve.file, bytes: RequestReserve.limit, in: state) }
}
