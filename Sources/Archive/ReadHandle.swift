internal import CArchive
internal import Faults
internal import Glibc

/// The one owner of a libarchive reader.
@safe
struct ReadHandle: ~Copyable {
    private let archive: OpaquePointer
    private let current: OpaquePointer
    private let state: ReaderState

    /// Opens a reader over the state's source, for tar and pax alone.
    static func open(_ state: ReaderState) throws(Fault) -> ReadHandle {
        guard let archive = unsafe archive_read_new() else {
            throw Fault(.internalError, "libarchive gave no reader.")
        }
        guard let entry = unsafe archive_entry_new2(archive) else {
            unsafe archive_read_free(archive)
            throw Fault(.internalError, "libarchive gave no entry.")
        }
        let handle = unsafe ReadHandle(archive: archive, current: entry, state: state)
        try handle.configure()
        return handle
    }

    private init(archive: OpaquePointer, current: OpaquePointer, state: ReaderState) {
        unsafe self.archive = archive
        unsafe self.current = current
        self.state = state
    }

    deinit {
        unsafe archive_entry_free(current)
        unsafe archive_read_free(archive)
    }

    private func configure() throws(Fault) {
        guard unsafe archive_read_support_format_tar(archive) == ARCHIVE_OK,
            unsafe archive_read_support_filter_none(archive) == ARCHIVE_OK
        else { throw unsafe archiveFault(.internalError, "Cannot set up libarchive.", archive) }
        let client = unsafe Unmanaged.passUnretained(state).toOpaque()
        let result = unsafe archive_read_open2(archive, client, nil, readFromSource, nil, nil)
        try check(result, "The stream is not an archive.")
    }

    /// Where in the stream libarchive stands; after an entry's content, the start of the next header.
    var position: Int64 { unsafe archive_filter_bytes(archive, -1) }

    /// Goes to the next header.
    ///
    /// - Returns: `false` at the archive's end.
    func nextHeader() throws(Fault) -> Bool {
        state.beginHeaders(at: position)
        let result = unsafe archive_read_next_header2(archive, current)
        if result == ARCHIVE_EOF { return false }
        try check(result, "A header of the archive is damaged or not readable.")
        return true
    }

    /// The entry of the header that was read, with nothing in it that an entry cannot say.
    func entry(number: Int) throws(Fault) -> ArchiveEntry {
        let type = mode_t(unsafe archive_entry_filetype(current))
        var path = try unsafe text(archive_entry_pathname(current), "path", number)
        if type == S_IFDIR, path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") {
            path.removeLast()
        }
        func refuse(_ flaw: String) -> Fault {
            EntryValidator.refusal(path, number: number, flaw)
        }
        if unsafe archive_entry_acl_types(current) != 0 {
            throw refuse("has access control lists, which are not kept")
        }
        if unsafe archive_entry_xattr_count(current) != 0 {
            throw refuse("has extended attributes, which are not kept")
        }
        if unsafe archive_entry_sparse_count(current) != 0 {
            throw refuse("is a sparse file, which is not read")
        }
        if unsafe archive_entry_fflags_text(current) != nil {
            throw refuse("has file flags, which are not kept")
        }
        var macLength = 0
        if unsafe archive_entry_mac_metadata(current, &macLength) != nil {
            throw refuse("has Mac OS metadata, which are not kept")
        }
        let kind = try kind(type, number, refuse)
        if let flaw = state.endHeaders(at: position) { throw refuse(flaw) }
        return ArchiveEntry(
            path: path, kind: kind, permissions: UInt32(unsafe archive_entry_perm(current)),
            size: unsafe archive_entry_size_is_set(current) != 0
                ? unsafe archive_entry_size(current) : 0)
    }

    private func kind(
        _ type: mode_t, _ number: Int, _ refuse: (String) -> Fault
    ) throws(Fault) -> ArchiveEntry.Kind {
        if unsafe archive_entry_hardlink(current) != nil {
            return .hardLink(
                target: try unsafe text(archive_entry_hardlink(current), "link target", number))
        }
        switch type {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        case S_IFLNK:
            return .symbolicLink(
                target: try unsafe text(archive_entry_symlink(current), "link target", number))
        case S_IFCHR, S_IFBLK: throw refuse("is a device")
        case S_IFIFO: throw refuse("is a pipe")
        case S_IFSOCK: throw refuse("is a socket")
        default: throw refuse("is of the unknown kind \(String(type, radix: 8))")
        }
    }

    private func text(
        _ pointer: UnsafePointer<CChar>?, _ what: String, _ number: Int
    ) throws(Fault) -> String {
        guard let pointer = unsafe pointer else {
            throw Fault(.unsafeArchive, "Entry \(number) of the archive has no readable \(what).")
        }
        guard let text = unsafe String(validatingCString: pointer) else {
            throw Fault(
                .unsafeArchive,
                "The \(what) \(EntryName.quoted(unsafe String(cString: pointer))) of entry \(number)"
                    + " is not UTF-8.")
        }
        return text
    }

    /// Hands the current entry's content on, and sees that it is exactly as long as was said.
    func copyContent(of entry: ArchiveEntry, to receiver: any EntryReceiver) throws(Fault) {
        var done: Int64 = 0
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let result = unsafe archive_read_data_block(archive, &start, &count, &offset)
            if result == ARCHIVE_EOF { break }
            try check(result, "The content of \(EntryName.quoted(entry.path)) cannot be read.")
            guard count > 0, let start = unsafe start else { continue }
            guard offset == done, Int64(count) <= entry.size - done else {
                throw Fault(
                    .unsafeArchive,
                    "\(EntryName.quoted(entry.path)) has \(count) bytes at offset \(offset), where"
                        + " \(entry.size - done) at offset \(done) are expected.")
            }
            let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
            try receiver.data(unsafe bytes.bindMemory(to: UInt8.self).span, at: offset)
            done += Int64(count)
        }
        guard done == entry.size else {
            throw Fault(
                .malformed,
                "\(EntryName.quoted(entry.path)) has \(done) bytes of the \(entry.size) that its"
                    + " header says.")
        }
    }

    /// A warning is a failure too; the source's own fault comes before what libarchive makes of it.
    private func check(_ result: Int32, _ message: String) throws(Fault) {
        if let fault = state.fault { throw fault }
        guard result != ARCHIVE_OK else { return }
        throw unsafe archiveFault(.malformed, message, archive)
    }
}
