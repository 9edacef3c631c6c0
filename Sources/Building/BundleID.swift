internal import Bundle
internal import Faults
internal import Sealing
internal import StrictJSON

/// The 16 bytes that name a build.
enum BundleID {
    static let length = 16
    private static let label = "nacelle v1 bundle id"

    /// The id of an unsealed build, which follows from what it is: the first half of the SHA-256 of a
    /// label and the manifest with an id of zeros.
    static func derived(from manifest: Manifest) throws(Fault) -> [UInt8] {
        var blank = manifest
        blank.bundle = [UInt8](repeating: 0, count: length)
        let digest = try SHA256.digest(of: Array(label.utf8) + blank.json.compact)
        return Array(digest.bytes.prefix(length))
    }
}
