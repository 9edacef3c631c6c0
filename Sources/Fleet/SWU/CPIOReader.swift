internal import Faults
internal import Install

/// Where a member of an archive lies.
struct CPIOMember: Equatable {
    /// Its name, one component.
    var name: String
    /// Whether it is a regular file.
    var isFile: Bool
    /// Its bytes in the archive.
    var range: Range<Int64>
}

/// The fixed part before each member of a cpio archive: 110 ASCII characters.
struct CPIOHeader {
    static let length = 110
    /// The longest name, with its closing zero.
    static let nameLimit: Int64 = 256

    let mode: UInt32
    let size: Int64
    let nameLength: Int64

    /// Whether bytes begin a member: “newc” (070701) or “crc” (070702).
    static func isMagic(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 6 && bytes.starts(with: "07070".utf8)
            && (bytes[5] == UInt8(ascii: "1") || bytes[5] == UInt8(ascii: "2"))
    }

    /// Reads one; `nil` where it is none.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == CPIOHeader.length, CPIOHeader.isMagic(bytes) else { return nil }
        func field(_ number: Int) -> UInt32? {
            var value: UInt32 = 0
            for byte in bytes[(6 + 8 * number)..<(14 + 8 * number)] {
                let digit: UInt32
                switch byte {
                case 0x30...0x39: digit = UInt32(byte - 0x30)
                case 0x41...0x46: digit = UInt32(byte - 0x41) + 10
                case 0x61...0x66: digit = UInt32(byte - 0x61) + 10
                default: return nil
                }
                value = value << 4 | digit
            }
            return value
        }
        // All thirteen must be numbers, also those that are not used.
        for number in 0..<13 where field(number) == nil { return nil }
        guard let mode = field(1), let size = field(6), let nameLength = field(11) else {
            return nil
        }
        self.mode = mode
        self.size = Int64(size)
        self.nameLength = Int64(nameLength)
    }
}

/// Goes through a cpio archive member by member, and reads nothing but their headers.
struct CPIOReader {
    private let source: any ByteSource
    private let length: Int64
    private var position: Int64 = 0

    init(_ source: any ByteSource, length: Int64) {
        self.source = source
        self.length = length
    }

    /// The next member; `nil` at the archive's end.
    ///
    /// - Throws: a `Fault` of code `malformed` for what is no such archive, or ends before its end.
    mutating func next() throws(Fault) -> CPIOMember? {
        let start = position
        guard length - start >= Int64(CPIOHeader.length) else { throw refusal("ends there") }
        guard let header = CPIOHeader(try source.read(at: start, count: CPIOHeader.length)) else {
            throw refusal("has no cpio header (newc or crc) there")
        }
        guard (2...CPIOHeader.nameLimit).contains(header.nameLength) else {
            throw refusal(
                "has a name of \(header.nameLength) bytes there; 2 to \(CPIOHeader.nameLimit) are "
                    + "accepted")
        }
        let nameStart = start + Int64(CPIOHeader.length)
        guard header.nameLength <= length - nameStart else { throw refusal("ends in a name") }
        let name = try plain(
            try source.read(at: nameStart, count: Int(header.nameLength)))
        let data = CPIOReader.padded(nameStart + header.nameLength)
        if name == "TRAILER!!!" {
            guard header.size == 0 else { throw refusal("has a trailer with content") }
            return nil
        }
        guard data <= length, header.size <= length - data else {
            throw refusal(
                "says that “\(name)” has \(header.size) bytes, and \(max(length - data, 0)) are "
                    + "left")
        }
        position = CPIOReader.padded(data + header.size)
        return CPIOMember(
            name: name, isFile: header.mode & 0o170000 == 0o100000,
            range: data..<(data + header.size))
    }

    /// The next multiple of four: names and contents are filled up to it.
    static func padded(_ offset: Int64) -> Int64 { (offset + 3) & ~3 }

    /// A name without its closing zero; one component, nothing that leads elsewhere.
    private func plain(_ bytes: [UInt8]) throws(Fault) -> String {
        guard bytes.last == 0, let name = String(validating: bytes.dropLast(), as: UTF8.self),
            name != ".", name != "..",
            name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F })
        else { throw refusal("has a member there whose name is no plain file name") }
        return name
    }

    private func refusal(_ what: String) -> Fault {
        Fault(
            .malformed, "\(source.name), byte \(position) of \(length): the archive \(what).",
            advice: "Copy or fetch it again; nacelle-bundle wrap --swu makes one.")
    }
}
