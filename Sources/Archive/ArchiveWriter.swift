internal import CArchive
public import Faults
internal import Glibc

/// Writes a pax archive of which every byte follows from the entries alone.
///
/// The format is libarchive's restricted pax: plain ustar headers, and pax headers only where a
/// name, a target or a size needs one. Owner and group are 0 and have no names, times are 0. Nothing
/// is blocked or buffered: when ``begin(_:)`` returns, the sink has seen the entry's whole header,
/// and when ``write(_:)`` returns, the bytes; so the sink's own count says where a file's data starts
/// and ends. The stream ends with the format's two zero blocks.
///
/// After a fault the archive is lost: each later call throws.
@safe
public struct ArchiveWriter: ~Copyable {
    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let state: WriterState
    private var validator: EntryValidator
    private var open: (path: String, left: Int64)?

    /// Begins an archive.
    ///
    /// - Parameters:
    ///   - sink: takes the archive's bytes; held until the writer goes.
    ///   - rules: the bounds; an entry that our reader would refuse is refused here too.
    /// - Returns: the writer.
    /// - Throws: a `Fault` where libarchive or the locale is not usable.
    public static func to(
        _ sink: any ArchiveSink, rules: EntryRules = .unsized
    ) throws(Fault) -> ArchiveWriter {
        try ArchiveLocale.require()
        let validator = try EntryValidator(rules: rules)
        let state = WriterState(sink)
        guard let archive = unsafe archive_write_new() else {
            throw Fault(.internalError, "libarchive gave no writer.")
        }
        guard let entry = unsafe archive_entry_new2(archive) else {
            unsafe archive_write_free(archive)
            throw Fault(.internalError, "libarchive gave no entry.")
        }
        let writer = unsafe ArchiveWriter(
            archive: archive, entry: entry, state: state, validator: validator)
        try writer.configure()
        return writer
    }

    private init(
        archive: OpaquePointer, entry: OpaquePointer, state: WriterState,
        validator: consuming EntryValidator
    ) {
        unsafe self.archive = archive
        unsafe self.entry = entry
        self.state = state
        self.validator = validator
    }

    deinit {
        // Freeing closes, and closing writes: not into a stream that was given up.
        state.stop()
        unsafe archive_entry_free(entry)
        unsafe archive_write_free(archive)
    }

    private func configure() throws(Fault) {
        let client = unsafe Unmanaged.passUnretained(state).toOpaque()
        guard unsafe archive_write_set_format_pax_restricted(archive) == ARCHIVE_OK,
            unsafe archive_write_add_filter_none(archive) == ARCHIVE_OK,
            unsafe archive_write_set_bytes_per_block(archive, 0) == ARCHIVE_OK,
            unsafe archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK,
            unsafe archive_write_open2(archive, client, nil, writeToSink, nil, nil) == ARCHIVE_OK
        else { throw unsafe archiveFault(.internalError, "Cannot begin an archive.", archive) }
    }

    /// Begins the next entry and writes its header.
    ///
    /// - Throws: a `Fault` of code `unsafe-archive` for an entry that may not be in an
    ///   archive, or the sink's own.
    public mutating func begin(_ entry: ArchiveEntry) throws(Fault) {
        try state.checkUsable()
        guard open == nil else {
            throw state.fail(Fault(.internalError, "An entry was begun within another."))
        }
        do { try validator.admit(entry) } catch { throw state.fail(error) }
        describe(entry)
        let result = unsafe archive_write_header(archive, self.entry)
        try check(result == ARCHIVE_OK, "Cannot write the header of", entry.path)
        open = (entry.path, entry.size)
    }

    /// Writes more of the current file's content.
    ///
    /// - Throws: a `Fault` of code `source` where that is more than the entry's size, or
    ///   the sink's own.
    public mutating func write(_ bytes: Span<UInt8>) throws(Fault) {
        try state.checkUsable()
        guard let (path, left) = open else {
            throw state.fail(Fault(.internalError, "Content was written outside an entry."))
        }
        guard bytes.count <= left else {
            throw state.fail(
                Fault(
                    .source,
                    "\(EntryName.quoted(path)) grew by at least \(Int64(bytes.count) - left) bytes"
                        + " while it was packed.",
                    advice: "Build again when nothing writes to the tree."))
        }
        guard bytes.count > 0 else { return }
        let written = unsafe bytes.withUnsafeBytes {
            unsafe archive_write_data(archive, $0.baseAddress, $0.count)
        }
        try check(written == bytes.count, "Cannot write the content of", path)
        open = (path, left - Int64(bytes.count))
    }

    /// Ends the current entry and pads its content to whole blocks.
    ///
    /// - Throws: a `Fault` of code `source` where content is missing, or the sink's own.
    public mutating func finishEntry() throws(Fault) {
        try state.checkUsable()
        guard let (path, left) = open else {
            throw state.fail(Fault(.internalError, "An entry was ended that was not begun."))
        }
        guard left == 0 else {
            throw state.fail(
                Fault(
                    .source,
                    "\(EntryName.quoted(path)) shrank by \(left) bytes while it was packed.",
                    advice: "Build again when nothing writes to the tree."))
        }
        let result = unsafe archive_write_finish_entry(archive)
        try check(result == ARCHIVE_OK, "Cannot end", path)
        open = nil
    }

    /// Ends the archive.
    ///
    /// - Throws: a `Fault` where an entry is still open, or the sink's own.
    public consuming func close() throws(Fault) {
        try state.checkUsable()
        guard open == nil else {
            throw state.fail(Fault(.internalError, "The archive was ended within an entry."))
        }
        let result = unsafe archive_write_close(archive)
        try check(result == ARCHIVE_OK, "Cannot end", "the archive")
    }

    private func describe(_ described: ArchiveEntry) {
        unsafe archive_entry_clear(entry)
        unsafe archive_entry_set_pathname(entry, described.path)
        unsafe archive_entry_set_perm(entry, mode_t(described.permissions))
        unsafe archive_entry_set_size(entry, described.size)
        unsafe archive_entry_set_mtime(entry, 0, 0)
        unsafe archive_entry_set_uid(entry, 0)
        unsafe archive_entry_set_gid(entry, 0)
        let type: mode_t
        switch described.kind {
        case .file: type = S_IFREG
        case .directory: type = S_IFDIR
        case .symbolicLink(let target):
            type = S_IFLNK
            unsafe archive_entry_set_symlink(entry, target)
        case .hardLink(let target):
            type = S_IFREG
            unsafe archive_entry_set_hardlink(entry, target)
        }
        unsafe archive_entry_set_filetype(entry, UInt32(type))
    }

    private func check(_ isFine: Bool, _ what: String, _ path: String) throws(Fault) {
        if isFine, state.fault == nil { return }
        throw state.fail(
            unsafe archiveFault(.internalError, "\(what) \(EntryName.quoted(path)).", archive))
    }
}
