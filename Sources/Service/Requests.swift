internal import DurableFiles
public import Faults
public import Slots
public import UpdateMachine

/// What people ask of the service, as files: asked for while it is dead, they wait for it.
public struct Requests: ~Copyable, Sendable {
    let directory: Directory
    private let reserve: RequestReserve

    /// Opens them.
    ///
    /// - Parameter store: the store.
    /// - Throws: a `Fault` of the disk.
    public init(_ store: borrowing Store) throws(Fault) {
        let directory = try store.requestsDirectory()
        let reserve = try store.requestReserve()
        self.directory = directory
        self.reserve = reserve
    }

    /// Leaves a request, durably.
    ///
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - why: why, for people.
    /// - Throws: a `Fault` of the disk.
    public func leave(_ request: Request, _ why: String) throws(Fault) {
        try reserve.leave(request.rawValue, Array((why + "\n").utf8), in: directory)
    }

    /// Whether a request was not taken up yet.
    public func isWaiting(_ request: Request) -> Bool {
        guard let info = try? directory.info(request.rawValue) else { return false }
        return info.size >= 0
    }

    /// The requests that wait, a cancel first; each is removed by ``done(_:)``.
    ///
    /// What is no request is removed, so that nobody fills the directory.
    func waiting() -> [Request] {
        let names = (try? directory.names(limit: 256)) ?? []
        for name in names where Request(rawValue: name) == nil && !name.hasSuffix(".new") {
            try? directory.remove(name)
        }
        let order: [Request] = [.cancel, .refuse, .confirm, .update, .check]
        return order.filter { names.contains($0.rawValue) }
    }

    /// Takes a request away once the machine knows of it.
    func done(_ request: Request) {
        try? directory.remove(request.rawValue)
        reserve.keep()
    }
}
