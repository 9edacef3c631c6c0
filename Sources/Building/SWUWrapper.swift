internal import Bundle
internal import DurableFiles
public import Faults
internal import Install
internal import Sealing
internal import Transport

/// Wraps a bundle in a SWUpdate archive (`.swu`), for servers that take nothing else.
///
/// The archive is cpio “crc” with two members, `sw-description` and the bundle; of the same bundle
/// it is always the same. Nothing in it is signed but the bundle.
public struct SWUWrapper {
    /// Which machines SWUpdate and its servers take it for.
    public struct Hardware: Sendable, Equatable {
        /// The board's name.
        public var board: String
        /// Its revision.
        public var revision: String

        /// Names a board.
        public init(board: String, revision: String) {
            self.board = board
            self.revision = revision
        }
    }

    /// The largest file that a cpio archive can hold, in bytes.
    public static let largest: Int64 = (1 << 32) - 1

    private let hardware: [Hardware]
    private let directory: String

    /// Makes a wrapper.
    ///
    /// - Parameters:
    ///   - hardware: which machines it is for; empty for those of the bundle, of any revision that
    ///     calls itself `default`.
    ///   - directory: where SWUpdate, if it is what fetches, puts the bundle.
    public init(hardware: [Hardware] = [], directory: String = "/var/cache/nacelle") {
        self.hardware = hardware
        self.directory = directory
    }

    /// Writes the archive.
    ///
    /// - Parameters:
    ///   - path: the bundle's file; its manifest is read, not verified.
    ///   - output: the archive's file.
    ///   - progress: told how many of how many bytes are done.
    /// - Returns: bytes of the archive.
    /// - Throws: a `Fault`, of code `source` where the bundle is too large or its name does not fit.
    public func wrap(
        _ path: String, to output: String, progress: (Int64, Int64) -> Void = { _, _ in }
    ) throws(Fault) -> Int64 {
        let name = try FilePlace(path).name
        guard name.hasSuffix(".nacelle"), name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !name.contains("\""), !name.contains("\\")
        else {
            throw Fault(
                .source,
                "“\(name)” cannot be a member's name: visible ASCII characters and .nacelle at the "
                    + "end were expected.", advice: "Rename the bundle.")
        }
        let source = try FileSource(path: path)
        let size = try source.length()
        guard size <= SWUWrapper.largest else {
            throw Fault(
                .source,
                "\(path) has \(size) bytes; a cpio archive holds files of at most "
                    + "\(SWUWrapper.largest).",
                advice: "Serve the bundle itself, by a repository or as hawkBit's own artifact; or "
                    + "make a delta and wrap that.")
        }
        let manifest = try BundleSurvey.read(path: path).manifest
        let sums = try SWUSums(of: source, size: size) { progress($0 / 2, size) }
        let text = SWUDescription(
            manifest: manifest, file: name, sha256: sums.sha256,
            hardware: try machines(manifest), directory: directory
        ).text
        let description = Array(text.utf8)
        var archive = CPIOWriter()
        let head =
            try archive.header(
                "sw-description", size: Int64(description.count),
                sum: SWUSums.sum(description)) + CPIOWriter.filled(description)
            + archive.header(name, size: size, sum: sums.sum)
        let fill = CPIOWriter.fill(size)
        let end = try fill + archive.trailer(after: Int64(head.count + fill.count) + size)
        var file = try OutputFile.begin(output)
        try file.write(head.span)
        var pieces = SourcePieces(source, size: size)
        while let bytes = try pieces.next() {
            try file.write(bytes.span)
            progress(size / 2 + pieces.done / 2, size)
        }
        try file.write(end.span)
        try file.commit()
        return file.length
    }

    private func machines(_ manifest: Manifest) throws(Fault) -> [Hardware] {
        let machines =
            hardware.isEmpty
            ? manifest.compatible.map { Hardware(board: $0, revision: "default") } : hardware
        for machine in machines {
            guard SWUDescription.isName(machine.board), SWUDescription.isText(machine.revision)
            else {
                throw Fault(
                    .source,
                    "“\(machine.board):\(machine.revision)” cannot stand in a sw-description: a "
                        + "board's name is of letters, digits, “-” and “_”, a letter first.",
                    advice: "Name the boards by --hardware BOARD:REVISION.")
            }
        }
        return machines
    }
}
