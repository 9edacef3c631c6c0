internal import CSodium
internal import Faults

/// One PEM text (RFC 7468) that fills a file: its label, and where its base64 stands.
struct PEMFrame {
    let label: String
    private let body: Range<Int>

    /// Finds the two boundary lines; nothing may stand before or after them but white space.
    init(_ text: [UInt8], file: String) throws(Fault) {
        func refusal(_ what: String) -> Fault {
            Fault(
                .keys, "The key file \(file) \(what).",
                advice: "Give a PEM file as openssl genpkey or openssl pkey -pubout writes it.")
        }
        guard text.count <= KeyFile.limit else {
            throw refusal("has \(text.count) bytes; at most \(KeyFile.limit) are accepted")
        }
        let begin = Array("-----BEGIN ".utf8)
        let dashes = Array("-----".utf8)
        guard text.starts(with: begin),
            let lineEnd = text.firstIndex(of: 0x0A)
        else { throw refusal("does not begin with a PEM line (“-----BEGIN …”)") }
        var first = text[begin.count..<max(begin.count, lineEnd)]
        if first.last == 0x0D { first.removeLast() }
        guard first.count > dashes.count, first.count <= 64, first.suffix(5).elementsEqual(dashes)
        else { throw refusal("does not begin with a PEM line (“-----BEGIN …”)") }
        let label = first.dropLast(dashes.count)
        // Only such labels are ever repeated in a message.
        guard
            label.allSatisfy({
                $0 == 0x20 || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
            })
        else { throw refusal("has a PEM label that is not of capital letters") }
        let end = Array("-----END ".utf8) + label + dashes
        var bodyEnd = lineEnd + 1
        while bodyEnd < text.count, text[bodyEnd] != dashes[0] { bodyEnd += 1 }
        guard text[bodyEnd...].starts(with: end) else {
            throw refusal("does not end with the PEM line that closes it")
        }
        guard text[(bodyEnd + end.count)...].allSatisfy({ [0x0A, 0x0D, 0x20, 0x09].contains($0) })
        else { throw refusal("holds something after its key") }
        self.label = String(decoding: label, as: UTF8.self)
        self.body = lineEnd + 1..<bodyEnd
    }

    /// What a file of this label holds, for messages.
    var describedLabel: String {
        switch label {
        case "PUBLIC KEY": "a public key"
        case "PRIVATE KEY": "a secret key"
        case "ENCRYPTED PRIVATE KEY": "a secret key under a pass phrase"
        default: "“\(label)”"
        }
    }

    /// Decodes the base64 so that it fills `target` exactly, in time that tells nothing of it.
    func decode(_ text: [UInt8], into target: inout MutableSpan<UInt8>) -> Bool {
        guard body.upperBound <= text.count else { return false }
        var length = 0
        let result = unsafe text.withUnsafeBytes { source in
            unsafe target.withUnsafeMutableBufferPointer { target in
                guard let from = source.baseAddress, let to = target.baseAddress else {
                    return Int32(-1)
                }
                return unsafe sodium_base642bin(
                    to, target.count,
                    (from + body.lowerBound).assumingMemoryBound(to: CChar.self), body.count,
                    "\r\n", &length, nil, sodium_base64_VARIANT_ORIGINAL)
            }
        }
        return result == 0 && length == target.count
    }

    /// The PEM text around `der`, whose base64 fits one line of 64 characters.
    static func encode(_ der: [UInt8], label: String) -> [UInt8] {
        let length = (der.count + 2) / 3 * 4
        var line = [CChar](repeating: 0, count: length + 1)
        unsafe sodium_bin2base64(
            &line, line.count, der, der.count, sodium_base64_VARIANT_ORIGINAL)
        var text: [UInt8] = []
        text.reserveCapacity(2 * (label.utf8.count + 20) + length)
        text.append(contentsOf: "-----BEGIN \(label)-----\n".utf8)
        for character in line.dropLast() { text.append(UInt8(bitPattern: character)) }
        text.append(contentsOf: "\n-----END \(label)-----\n".utf8)
        unsafe sodium_memzero(&line, line.count)
        return text
    }
}
