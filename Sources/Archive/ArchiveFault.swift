internal import CArchive
internal import Faults

/// A fault with libarchive's own words.
func archiveFault(_ code: FaultCode, _ message: String, _ archive: OpaquePointer?) -> Fault {
    guard let archive = unsafe archive, let text = unsafe archive_error_string(archive) else {
        return Fault(code, message)
    }
    // Control characters and length as in a path: the text may repeat one.
    let said = EntryName.quoted(unsafe String(cString: text)).dropFirst().dropLast()
    return Fault(code, message, cause: "libarchive: " + said)
}
