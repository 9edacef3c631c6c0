public import Faults

/// Why a step did not succeed.
public struct Failure: Sendable, Equatable {
    /// What kind of failure it is.
    public var code: FaultCode
    /// What happened, in one sentence.
    public var message: String

    /// Makes a failure.
    public init(_ code: FaultCode, _ message: String) {
        self.code = code
        self.message = message
    }

    /// How often something is tried again after such a failure.
    public enum Persistence: Sendable, Equatable {
        /// Not at all: it would end in the same way.
        case never
        /// A few times, an hour and more apart.
        case seldom
        /// Some times, with growing pauses.
        case often
        /// Until it can be tried: nothing was attempted yet.
        case always
    }

    /// How often the step is tried again.
    public var persistence: Persistence {
        switch code {
        case .network, .tls, .storage, .readBack, .noSpace, .isolationUnavailable, .internalError,
            .serverChanged, .baseDamaged, .slotAltered, .storeDamaged:
            .often
        case .serverRefused, .notFound, .rollback, .smokeTooSlow, .smokeMemory, .smokeNotReady,
            .smokeFailed, .smokeDeadline, .cancelled:
            .seldom
        case .busy, .slotInUse, .budget, .clock, .expired, .configuration, .permission:
            .always
        case .malformed, .unsupported, .untrusted, .incompatible, .downgrade, .denied,
            .notRecipient, .unsafeArchive, .smokeWrongAnswer, .probationFailed,
            .nothingToRollBackTo, .keys, .source:
            .never
        }
    }
}
