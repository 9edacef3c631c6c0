internal import CSodium
internal import DurableFiles
internal import Faults
internal import Sealing

/// A key file's place: its directory and its name in it.
struct KeyPath {
    let path: String
    private let place: FilePlace

    init(_ path: String) throws(Fault) {
        do throws(Fault) {
            place = try FilePlace(path)
        } catch {
            throw Fault(.keys, "“\(path)” does not name a key file.")
        }
        self.path = path
    }

    /// Writes a new file; one that exists already stays as it is.
    func write(_ bytes: Span<UInt8>, mode: UInt32) throws(Fault) {
        let directory = try Directory.open(path: place.parent)
        let file: Descriptor
        do throws(Fault) {
            file = try directory.create(place.name, mode: mode)
        } catch {
            guard try directory.info(place.name) != nil else { throw error }
            throw Fault(
                .keys, "\(path) exists already; a key file is never overwritten.",
                advice: "Choose another name, or move that file away.")
        }
        do throws(Fault) {
            try file.write(bytes, path)
            try file.sync(path)
            try file.closeChecked(path)
            try directory.sync()
        } catch {
            // Half a key helps nobody; the fault that is thrown says why.
            try? directory.remove(place.name)
            throw error
        }
    }

    /// Reads a public key file.
    func read() throws(Fault) -> [UInt8] {
        let file = try open()
        return try read(file)
    }

    /// Reads a secret key file that its owner alone can use, lends it to `body` and wipes it.
    func readSecret<Key: ~Copyable>(
        _ body: (inout [UInt8]) throws(Fault) -> Key
    ) throws(Fault) -> Key {
        let file = try open()
        try KeyFile.checkMode(try file.info(path).mode, file: path)
        var bytes = try read(file)
        defer { unsafe sodium_memzero(&bytes, bytes.count) }
        return try body(&bytes)
    }

    private func open() throws(Fault) -> Descriptor {
        do throws(Fault) {
            return try FilePlace.open(path)
        } catch  where error.code == .notFound {
            throw Fault(
                .keys,
                error.cause == nil
                    ? "\(path) is not a regular file; a key file was expected."
                    : "The key file \(path) does not exist.",
                advice: "Check the path, or make a key first.")
        }
    }

    /// Reads into one buffer of the file's size, so that no copy is left to be wiped.
    private func read(_ file: borrowing Descriptor) throws(Fault) -> [UInt8] {
        let size = try file.info(path).size
        guard size <= KeyFile.limit else {
            throw Fault(
                .keys,
                "The key file \(path) has \(size) bytes; at most \(KeyFile.limit) are accepted.")
        }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        guard try file.read(at: 0, into: &bytes, count: bytes.count, path) == bytes.count else {
            unsafe sodium_memzero(&bytes, bytes.count)
            throw Fault(.keys, "The key file \(path) changed while it was read.")
        }
        return bytes
    }
}
