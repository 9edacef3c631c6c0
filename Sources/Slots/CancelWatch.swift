internal import DurableFiles
public import Faults

/// Looks for a cancel request again and again while the spare slot is filled and proved.
public final class CancelWatch: Sendable {
    private let state: Directory

    init(_ state: consuming Directory) {
        self.state = state
    }

    /// Ends the present step where a rollback or cancel asked for it.
    ///
    /// - Throws: a `Fault` of code `cancelled`.
    public func check() throws(Fault) {
        guard let why = try Store.cancelRequest(in: state) else { return }
        throw Fault(
            .cancelled, "Stopped: \(why).",
            advice: "The running version is whole; install again to go on.")
    }
}

extension Store {
    /// Something that notices a cancel request; it may outlive a borrow of the store.
    public func cancelWatch() throws(Fault) -> CancelWatch { CancelWatch(try state.duplicate()) }

    static func cancelRequest(in state: borrowing Directory) throws(Fault) -> String? {
        guard let bytes = try state.read("cancel", limit: 4096) else { return nil }
        // It becomes a part of sentences.
        return Fault.clause(String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self))
    }
}
