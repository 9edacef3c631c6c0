/// Tar bytes made by hand, so that they can say what no honest writer would.
struct RawTar {
    private(set) var bytes: [UInt8] = []

    /// Adds a header block, with a right checksum, and the content padded to whole blocks.
    mutating func add(
        _ name: String, type: Character = "0", mode: UInt32 = 0o644, size: Int? = nil,
        sizeField: [UInt8]? = nil, link: String = "", content: [UInt8] = [], rawName: [UInt8]? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ offset: Int, _ field: some Collection<UInt8>) {
            for (index, byte) in field.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, _ width: Int) -> [UInt8] {
            let digits = String(value, radix: 8)
            return Array((String(repeating: "0", count: width - digits.count) + digits).utf8) + [0]
        }
        put(0, (rawName ?? Array(name.utf8)).prefix(100))
        put(100, octal(Int(mode), 7))
        put(108, octal(0, 7))
        put(116, octal(0, 7))
        put(124, sizeField ?? octal(size ?? content.count, 11))
        put(136, octal(0, 11))
        put(148, [UInt8](repeating: 0x20, count: 8))
        put(156, String(type).utf8)
        put(157, Array(link.utf8).prefix(100))
        put(257, "ustar".utf8)
        put(263, "00".utf8)
        put(329, octal(0, 7))
        put(337, octal(0, 7))
        put(148, octal(header.reduce(0) { $0 + Int($1) }, 6))
        bytes += header
        addPadded(content)
    }

    /// Adds a pax header (`x` for the next entry, `g` for all).
    mutating func addPax(_ records: [(String, [UInt8])], type: Character = "x") {
        var content: [UInt8] = []
        for (key, value) in records {
            let tail = Array(" \(key)=".utf8) + value + [0x0A]
            var length = tail.count + 1
            while String(length).utf8.count + tail.count != length {
                length = String(length).utf8.count + tail.count
            }
            content += Array(String(length).utf8) + tail
        }
        add("PaxHeader", type: type, content: content)
    }

    mutating func addPax(_ key: String, _ value: String) { addPax([(key, Array(value.utf8))]) }

    /// Adds bytes that no header announces.
    mutating func addPadded(_ more: [UInt8]) {
        bytes += more
        bytes += [UInt8](repeating: 0, count: (512 - more.count % 512) % 512)
    }

    /// The archive with its two zero blocks.
    var ended: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    /// An archive of one header and some content.
    static func one(
        _ name: String, type: Character = "0", mode: UInt32 = 0o644, size: Int? = nil,
        sizeField: [UInt8]? = nil, link: String = "", content: [UInt8] = [], rawName: [UInt8]? = nil
    ) -> [UInt8] {
        var tar = RawTar()
        tar.add(
            name, type: type, mode: mode, size: size, sizeField: sizeField, link: link,
            content: content, rawName: rawName)
        return tar.ended
    }
}
