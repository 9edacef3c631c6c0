import Archive
import Faults
import TestKit
import Testing

/// Archives that must not be unpacked, in bundles that are signed, sealed and whole.
@Suite struct HostileArchiveTests {
    /// The archive of a directory, a file and a link: headers at 0, 512 and 1536.
    private func archive() throws -> [UInt8] {
        var maker = BundleMaker()
        maker.entries = [
            (ArchiveEntry(path: "dir", kind: .directory, permissions: 0o755), []),
            BundleMaker.file("dir/file", Array("content\n".utf8)),
            (
                ArchiveEntry(
                    path: "link", kind: .symbolicLink(target: "dir"), permissions: 0o777), []
            ),
        ]
        return try maker.stream()
    }

    private func expectRefused(
        _ words: String, code: FaultCode = .unsafeArchive, _ archive: [UInt8],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for var maker in [BundleMaker(), .sealed] {
            maker.archive = archive
            let fault = try refusal(of: maker, sourceLocation: sourceLocation)
            #expect(fault.code == code, "\(fault)", sourceLocation: sourceLocation)
            #expect(fault.message.contains(words), "\(fault)", sourceLocation: sourceLocation)
        }
    }

    @Test func `the archive by itself is honest, and its numbers alone are not`() throws {
        try expectRefused("the signed manifest says", code: .malformed, try archive())
    }

    @Test(arguments: [
        ("/etc/passwd", "absolute"), ("../canary", "“..”"), ("dir/../../canary", "“..”"),
        ("nowhere/file", "does not precede"), ("dir", "twice"), ("dir/./file", "“.”"),
    ])
    func `a path that leaves the slot is refused`(path: String, words: String) throws {
        let bytes = bent(try archive(), headerAt: 512) { $0.put(path, at: 0, width: 100) }
        try expectRefused(words, bytes)
    }

    @Test(arguments: [("/etc", "absolute"), ("..", "leaves"), ("../canary", "leaves"), ("", "")])
    func `a link that leaves the slot is refused`(target: String, words: String) throws {
        let bytes = bent(try archive(), headerAt: 1536) { $0.put(target, at: 157, width: 100) }
        try expectRefused(words, bytes)
    }

    @Test func `nothing is written through a link`() throws {
        var bytes = bent(try archive(), headerAt: 0) {
            $0.put("dir", at: 0, width: 100)
            $0.put("2", at: 156, width: 1)
            $0.put("dir2", at: 157, width: 100)
        }
        try expectRefused("below a symbolic link", bytes)
        bytes = bent(try archive(), headerAt: 0) {
            $0.put("dir", at: 0, width: 100)
            $0.put("2", at: 156, width: 1)
            $0.put("..", at: 157, width: 100)
        }
        try expectRefused("leaves the tree", bytes)
    }

    @Test(arguments: [
        ("1", "hard link"), ("3", "device"), ("4", "device"), ("6", "pipe"),
    ])
    func `what a tree does not have is refused`(type: String, words: String) throws {
        let bytes = bent(try archive(), headerAt: 1536) { $0.put(type, at: 156, width: 1) }
        try expectRefused(words, bytes)
    }

    @Test(arguments: ["0004755", "0002755", "0001755"])
    func `set-user-id and its like are refused`(mode: String) throws {
        let bytes = bent(try archive(), headerAt: 512) { $0.put(mode, at: 100, width: 8) }
        try expectRefused("set-user-id", bytes)
    }

    @Test func `a file larger than the manifest allows is refused before a byte is written`()
        throws
    {
        let bytes = bent(try archive(), headerAt: 512) {
            $0.put("00077777777", at: 124, width: 12)
        }
        try expectRefused("a file has at most", bytes)
    }

    @Test func `an archive that stops in the middle or goes on after its end is refused`() throws {
        let whole = try archive()
        for count in [512, 1024, 1536, 1537, 2048, 2048 + 512] {
            try expectRefused("", code: .malformed, Array(whole[..<count]))
        }
        try expectRefused("follow the archive's last entry", code: .malformed, whole + whole)
    }

    @Test func `another kind of archive is refused`() throws {
        let cpio = Array("070701".utf8) + [UInt8](repeating: 0x30, count: 2000)
        try expectRefused("", code: .malformed, cpio)
        try expectRefused("", code: .malformed, [UInt8](repeating: 0, count: 100))
    }
}
