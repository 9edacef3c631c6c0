#if NACELLE_TEST_BUILD
    internal import Glibc
#endif

/// A step that protects a machine, which a test build can leave out to see that the tests notice.
///
/// A debug build leaves one out where the environment variable `NACELLE_WITHOUT` names it. In a build
/// that ships nothing is ever left out: the question is answered by a constant, and the variable's
/// name does not stand in the program.
public enum Protection: String, CaseIterable, Sendable {
    /// A file's data is on the device before its name is relied on.
    case fileSync = "file-sync"
    /// A name is on the device before it is relied on.
    case directorySync = "directory-sync"
    /// A filled slot is on the device before it is called filled.
    case diskSync = "disk-sync"
    /// A file is written beside the old one, and takes its place by a rename.
    case newFile = "new-file"
    /// The link changes by one rename.
    case linkRename = "link-rename"
    /// A write that failed ends the step.
    case writeErrors = "write-errors"
    /// An fsync that failed ends the step.
    case syncErrors = "sync-errors"
    /// Two commands do not fill or switch at once.
    case lock
    /// What was written is read back before a slot is ready.
    case readBack = "read-back"
    /// It is read back from the device, and not from the page cache.
    case uncachedRead = "uncached-read"
    /// A smoke run must pass.
    case smoke
    /// A slot is recorded as being filled before it is emptied.
    case fillingFirst = "filling-first"
    /// A file is checked whole before the fallback is given up for it.
    case packCheck = "pack-check"
    /// The running slot is never the spare one.
    case spare
    /// A trial is recorded before the link changes.
    case trialFirst = "trial-first"
    /// A failed version is recorded as bad before the link changes back.
    case badFirst = "bad-first"
    /// A version with evidence against it is denied before the link changes back.
    case denial
    /// A rollback denies what it leaves before the link changes.
    case rollbackDenial = "rollback-denial"
    /// The floor rises when a version is good.
    case floor
    /// What an interruption left is mended.
    case recovery
    /// A boot of a trial is counted before the application starts.
    case bootCount = "boot-count"
    /// Something is set aside for a full disk.
    case reserve
    /// An end is marked as being told before it is sent.
    case toldOnce = "told-once"

    #if NACELLE_TEST_BUILD
        /// The step that this process leaves out.
        private static let off: Protection? = {
            guard let text = unsafe getenv("NACELLE_WITHOUT") else { return nil }
            return Protection(rawValue: unsafe String(cString: text))
        }()

        /// Whether the step is left out.
        public var isOff: Bool { Protection.off == self }
    #else
        /// Whether the step is left out: never.
        @inlinable public var isOff: Bool { false }
    #endif
}
