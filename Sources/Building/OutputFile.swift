internal import DurableFiles
internal import Faults
internal import Glibc

/// A file that appears under its name only when it is whole and on the disk.
///
/// Until ``commit()`` it stands beside its place under a name that begins with a dot; without a
/// commit it goes with its owner. A remainder of an earlier crash is cleared.
struct OutputFile: ~Copyable {
    let path: String
    private let directory: Directory
    private let name: String
    private let temporary: String
    private let inode: UInt64
    private var file: Descriptor?
    private(set) var length: Int64 = 0

    static func begin(_ path: String, mode: UInt32 = 0o644) throws(Fault) -> OutputFile {
        let place = try FilePlace(path)
        let directory = try Directory.open(path: place.parent)
        // The rename at the end would put a file in the place of a device (`-o /dev/null`, as root).
        if let present = try directory.info(place.name), present.kind != .file {
            let what =
                switch present.kind {
                case .directory: "a directory"
                case .link: "a symbolic link"
                default: "a device, pipe or socket"
                }
            throw Fault(
                .storage, "\(path) is \(what); a file, or a name that is free, was expected.",
                advice: "Choose another name.")
        }
        let temporary = ".\(place.name).new"
        try directory.remove(temporary)
        let file = try directory.create(temporary, mode: mode)
        let inode = try file.info(path).inode
        return OutputFile(
            path: path, directory: directory, name: place.name, temporary: temporary,
            inode: inode, file: file)
    }

    private init(
        path: String, directory: consuming Directory, name: String, temporary: String,
        inode: UInt64, file: consuming Descriptor?
    ) {
        self.path = path
        self.directory = directory
        self.name = name
        self.temporary = temporary
        self.inode = inode
        self.file = file
    }

    deinit {
        // Nothing can be told from here; a remainder is cleared by the next command.
        guard file != nil, (try? directory.info(temporary))?.inode == inode else { return }
        try? directory.remove(temporary)
    }

    /// Makes a file without a name on the disk of `path`; it goes with its descriptor.
    static func spool(beside path: String) throws(Fault) -> Descriptor {
        let place = try FilePlace(path)
        let directory = try Directory.open(path: place.parent)
        let temporary = ".\(place.name).pack"
        try directory.remove(temporary)
        let file = try directory.create(temporary, mode: 0o600)
        try directory.remove(temporary)
        return file
    }

    mutating func write(_ bytes: Span<UInt8>) throws(Fault) {
        guard file != nil else { throw Fault(.internalError, "\(path) was written after its end.") }
        try file?.write(bytes, path)
        length += Int64(bytes.count)
    }

    /// Makes the file durable and puts it in its place.
    mutating func commit() throws(Fault) {
        guard file != nil else { throw Fault(.internalError, "\(path) was ended twice.") }
        try file?.sync(path)
        // Another command that writes the same file has taken the name over: then it is not ours.
        guard try directory.info(temporary)?.inode == inode else {
            throw Fault(
                .busy, "Another command writes \(path) at the same time.",
                advice: "Run one after the other.")
        }
        try directory.rename(temporary, to: name)
        try file.take()?.closeChecked(path)
    }
}
