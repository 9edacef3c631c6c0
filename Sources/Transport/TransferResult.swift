internal import Faults

/// How a transfer ended.
enum TransferResult {
    /// The sink has the whole body.
    case complete
    /// Trying again does not help; the status is in the transfer's head, where there was one.
    case failed(Fault)
    /// It may pass; a server may have said when.
    case passing(Fault, wait: Duration?)
}
