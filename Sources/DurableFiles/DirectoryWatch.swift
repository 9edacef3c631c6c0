public import Faults
internal import Glibc

/// Notices that something was put into a directory (inotify); waiting for it costs nothing.
@safe
public struct DirectoryWatch: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// Begins to watch.
    ///
    /// - Parameter directory: the directory; it need not stay open.
    /// - Throws: a `Fault` where the kernel has no watch left.
    public init(_ directory: borrowing Directory) throws(Fault) {
        let raw = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard raw >= 0 else { throw systemFault("cannot watch \(directory.path)") }
        let descriptor = Descriptor(owning: raw)
        let path = "/proc/self/fd/\(directory.raw)"
        let mask = UInt32(IN_MOVED_TO) | UInt32(IN_CLOSE_WRITE)
        guard unsafe inotify_add_watch(raw, path, mask) >= 0 else {
            throw systemFault("cannot watch \(directory.path)")
        }
        self.descriptor = descriptor
    }

    /// What becomes readable when something was put there.
    public var raw: Int32 { descriptor.raw }

    /// Forgets what was noticed; what there is now is to be looked at afterwards.
    public func clear() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while unsafe bytes.withUnsafeMutableBytes({
            unsafe read(descriptor.raw, $0.baseAddress, $0.count)
        }) > 0 {}
    }
}
