internal import Bundle
internal import Sealing

/// The `sw-description` of a wrapped bundle, in libconfig's form.
struct SWUDescription {
    let manifest: Manifest
    let file: String
    let sha256: Digest
    let hardware: [SWUWrapper.Hardware]
    let directory: String

    /// Whether a text can be a setting's name; those that SWUpdate itself reads cannot.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64 else { return false }
        let isLetter = { (byte: UInt8) in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        let own = [
            "version", "description", "files", "images", "scripts", "bootenv", "partitions",
            "hardware-compatibility", "software",
        ]
        return isLetter(first) && !own.contains(text)
            && text.utf8.allSatisfy {
                isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
            }
    }

    /// Whether a text can stand in quotes as it is.
    static func isText(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }

    /// The document.
    var text: String {
        var lines = [
            "software =", "{", "    version = \"\(manifest.version)\";",
            "    description = \"\(manifest.application) \(manifest.version), a Nacelle bundle\";",
        ]
        // Servers and SWUpdate look for a board's revisions below its name.
        for board in boards {
            let revisions = hardware.filter { $0.board == board }.map { "\"\($0.revision)\"" }
            lines += [
                "    \(board) = {",
                "        hardware-compatibility: [ \(revisions.joined(separator: ", ")) ];",
                "    };",
            ]
        }
        lines += [
            "    files: (", "        {", "            filename = \"\(file)\";",
            "            path = \"\(directory)/\(file)\";",
            "            sha256 = \"\(sha256.hex)\";",
            "            properties = { create-destination = \"true\"; };", "        }", "    );",
            "}", "",
        ]
        return lines.joined(separator: "\n")
    }

    /// The boards, each once, in the order named.
    private var boards: [String] {
        var seen: Set<String> = []
        return hardware.map(\.board).filter { seen.insert($0).inserted }
    }
}
