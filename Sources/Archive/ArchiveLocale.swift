public import Faults
internal import Glibc

/// The character set that libarchive reads and writes names in.
public enum ArchiveLocale {
    private static let name = "C.UTF-8"

    // Once a process, under the lock of a static's initialisation: `setlocale` is not thread-safe.
    private static let isUTF8: Bool = {
        guard unsafe setlocale(LC_CTYPE, name) != nil else { return false }
        return unsafe strcmp(nl_langinfo(nl_item(CODESET)), "UTF-8") == 0
    }()

    /// Sets `LC_CTYPE` to `C.UTF-8`, once for the process.
    ///
    /// In the C locale, in which a systemd service starts, libarchive gives no path at all for
    /// `modèle.onnx`. A program calls this before it starts threads; the reader and the writer
    /// call it too.
    ///
    /// - Throws: a `Fault` of code `configuration` where the system lacks that locale.
    public static func require() throws(Fault) {
        guard isUTF8 else {
            throw Fault(
                .configuration, "The locale \(name) is not there; names need it.",
                advice: "Install the system's C.UTF-8 locale (Debian: libc-bin).")
        }
    }
}
