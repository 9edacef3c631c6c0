internal import COpenSSL
internal import Faults
internal import FoundationEssentials

/// Files that the program was given.
enum LocalFile {
    /// A small file's bytes.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - limit: the most that it may have, in bytes.
    /// - Returns: the bytes.
    /// - Throws: a `Fault` of code `notFound` or `malformed`.
    static func read(_ path: String, limit: Int) throws(Fault) -> [UInt8] {
        let data = try map(path)
        guard data.count <= limit else {
            throw Fault(
                .malformed, "\(path) has \(data.count) bytes; at most \(limit) were expected.")
        }
        return Array(data)
    }

    /// The SHA-256 of a file, in hex.
    ///
    /// - Throws: a `Fault` of code `notFound` or `internalError`.
    static func digest(_ path: String) throws(Fault) -> String {
        let data = try map(path)
        var digest = [UInt8](repeating: 0, count: 32)
        let status = unsafe data.withUnsafeBytes { bytes in
            unsafe EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil)
        }
        guard status == 1 else { throw Fault(.internalError, "\(path) could not be digested.") }
        let digits = Array("0123456789abcdef")
        return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private static func map(_ path: String) throws(Fault) -> Data {
        do {
            return try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
        } catch {
            throw Fault(.notFound, "Cannot read \(path).", cause: "\(error)")
        }
    }
}
