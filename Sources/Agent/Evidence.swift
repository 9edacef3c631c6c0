internal import Faults

/// What a failed smoke run says about the version: a pure decision.
enum Evidence: Equatable {
    /// It is wrong, here and now: denied.
    case conclusive
    /// It may have been the machine: denied when it happens a third time, hours apart.
    case repeated
    /// It says nothing about the version.
    case none

    /// What a fault of this code says.
    init(_ code: FaultCode) {
        switch code {
        case .smokeWrongAnswer, .probationFailed: self = .conclusive
        case .smokeTooSlow, .smokeMemory, .smokeNotReady, .smokeFailed, .smokeDeadline:
            self = .repeated
        default: self = .none
        }
    }

    /// So many repeated failures of one kind deny a version.
    static let repetitions = 3
}
