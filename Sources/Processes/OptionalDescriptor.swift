internal import Glibc

/// The one owner of a descriptor that may not be there (-1, which `poll` passes over).
@safe
struct OptionalDescriptor: ~Copyable, Sendable {
    /// The number, borrowed; -1 where there is none.
    let raw: Int32

    init(owning raw: Int32) {
        self.raw = raw
    }

    deinit {
        if raw >= 0 { _ = close(raw) }
    }
}
