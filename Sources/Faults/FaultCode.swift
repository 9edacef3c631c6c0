/// The kinds of failure, each with its name for machines and its exit status.
///
/// Names and numbers are a promise to scripts: they are never reused for something else.
/// `docs/exit-codes.md` is this table; a test holds the two together.
public enum FaultCode: String, Sendable, CaseIterable {
    /// A mistake in the program itself.
    case internalError = "internal"

    // What was brought is not acceptable: the bundle.
    case malformed
    case unsupported
    case untrusted
    case incompatible
    case downgrade
    case denied
    case notRecipient = "not-recipient"
    case noSpace = "no-space"
    case unsafeArchive = "unsafe-archive"
    case baseDamaged = "base-damaged"

    // It did not prove itself on this machine.
    case smokeWrongAnswer = "smoke-wrong-answer"
    case smokeTooSlow = "smoke-too-slow"
    case smokeMemory = "smoke-memory"
    case smokeNotReady = "smoke-not-ready"
    case smokeFailed = "smoke-failed"
    case smokeDeadline = "smoke-deadline"
    case isolationUnavailable = "isolation-unavailable"
    case probationFailed = "probation-failed"

    // The state of this machine does not allow it now.
    case nothingToRollBackTo = "nothing-to-roll-back-to"
    case busy
    case cancelled
    case slotInUse = "slot-in-use"
    case configuration
    case storage
    case readBack = "read-back"
    case permission
    case notFound = "not-found"
    case storeDamaged = "store-damaged"
    case slotAltered = "slot-altered"

    // The builder's own.
    case keys
    case source

    // The repository, and the time by which it is judged.
    case rollback
    case expired
    case clock

    // Bytes from elsewhere.
    case budget
    case network
    case serverRefused = "server-refused"
    case serverChanged = "server-changed"
    case tls

    /// The exit status of a command that ends with this fault.
    public var exitStatus: Int32 {
        switch self {
        case .internalError: 1
        case .malformed: 10
        case .unsupported: 11
        case .untrusted: 12
        case .incompatible: 13
        case .downgrade: 14
        case .denied: 15
        case .notRecipient: 16
        case .noSpace: 17
        case .unsafeArchive: 18
        case .baseDamaged: 19
        case .smokeWrongAnswer: 20
        case .smokeTooSlow: 21
        case .smokeMemory: 22
        case .smokeNotReady: 23
        case .smokeFailed: 24
        case .smokeDeadline: 25
        case .isolationUnavailable: 26
        case .probationFailed: 30
        case .nothingToRollBackTo: 31
        case .busy: 32
        case .cancelled: 33
        case .slotInUse: 34
        case .configuration: 40
        case .storage: 41
        case .readBack: 42
        case .permission: 43
        case .notFound: 44
        case .storeDamaged: 45
        case .slotAltered: 46
        case .keys: 50
        case .source: 51
        case .rollback: 52
        case .expired: 53
        case .clock: 54
        case .network: 60
        case .serverRefused: 61
        case .serverChanged: 62
        case .tls: 63
        case .budget: 59
        }
    }

    /// What the code means, for the table in the documentation and for `--help`.
    public var meaning: String {
        switch self {
        case .internalError: "a mistake in the program itself; please report it"
        case .malformed: "not a bundle, or truncated, altered or damaged on its way"
        case .unsupported: "a format version that this release does not read"
        case .untrusted: "signatures missing, unknown or too few for the root of trust"
        case .incompatible: "made for another machine, application, processor or agent"
        case .downgrade: "release counter below what this machine has accepted"
        case .denied: "this version failed or was rolled back here before"
        case .notRecipient: "sealed, and this machine's key is not among the recipients"
        case .noSpace: "not enough disk space, inodes or memory"
        case .unsafeArchive: "an archive entry that must not be unpacked"
        case .baseDamaged: "the version that a delta builds on is not intact here"
        case .smokeWrongAnswer: "the smoke inference's answers differ from the golden ones"
        case .smokeTooSlow: "the smoke inference missed its latency limit"
        case .smokeMemory: "the smoke inference passed its memory limit"
        case .smokeNotReady: "the program never became ready in the smoke run"
        case .smokeFailed: "the smoke run's program crashed or broke the protocol"
        case .smokeDeadline: "the smoke run passed its overall deadline"
        case .isolationUnavailable: "the smoke run cannot be isolated on this machine"
        case .probationFailed: "the new version failed its probation; the old one runs again"
        case .nothingToRollBackTo: "no whole version is left to go back to"
        case .busy: "another command holds the lock"
        case .cancelled: "stopped by a signal, a cancel or a rollback"
        case .slotInUse: "the spare slot cannot be emptied now"
        case .configuration: "the configuration is missing or wrong"
        case .storage: "the disk or file system reported an error"
        case .readBack: "what was read back from the disk is not what was written"
        case .permission: "the command lacks a permission that it needs"
        case .notFound: "a file, slot or version that was named does not exist"
        case .storeDamaged: "the store's own records are unreadable or contradict each other"
        case .slotAltered: "a slot's content is not what its record says"
        case .keys: "a key file is missing, unreadable, or of the wrong kind"
        case .source: "the tree or description to build from is not acceptable"
        case .rollback:
            "the repository is older than what was seen before, or its parts do not go together"
        case .expired: "the repository's metadata or the root of trust has expired"
        case .clock: "this machine's clock is earlier than it can be"
        case .network: "the server cannot be reached, or the transfer broke; it may pass"
        case .serverRefused: "the server does not give the file, or answers what no server may"
        case .serverChanged: "the file on the server changed while it was fetched"
        case .tls: "a certificate was not accepted: the server's, or this machine's"
        case .budget: "more bytes would be fetched than is allowed"
        }
    }
}
