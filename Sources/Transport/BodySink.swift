internal import Faults

/// What takes an answer's body, and judges whether it is the answer that was asked for.
protocol BodySink: AnyObject {
    /// Judges the head of a final answer of status 200 or 206; what it throws ends the transfer.
    func begin(_ head: ResponseHead) throws(Fault)

    /// Whether no more bytes can be taken now.
    var isFull: Bool { get }

    /// Takes bytes.
    func take(_ bytes: UnsafeRawBufferPointer) throws(Fault)

    /// Judges the end of a body that ended without an error.
    func end(_ head: ResponseHead) throws(Fault)
}

extension BodySink {
    var isFull: Bool { false }
}
