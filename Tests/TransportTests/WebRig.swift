import DurableFiles
import Faults
import Install
import TestKit

@testable import Transport

/// A scratch directory with certificates and a served folder, and what tests of HTTPS share.
struct WebRig {
    let certificates: TestCertificates
    /// The served directory.
    let root: String

    /// Runs a test in a fresh rig.
    static func with<Result>(_ body: (WebRig) throws -> Result) throws -> Result {
        try withScratch { scratch in
            _ = try scratch.make("www")
            _ = try scratch.make("tls", mode: 0o700)
            return try body(
                WebRig(
                    certificates: try TestCertificates(in: scratch.path + "/tls"),
                    root: scratch.path + "/www"))
        }
    }

    /// Serves a file of random bytes.
    func serve(_ name: String, _ count: Int, seed: UInt64 = 1) throws -> [UInt8] {
        let bytes = WebRig.bytes(count, seed: seed)
        try Directory.open(path: root).replace(name, with: bytes)
        return bytes
    }

    /// Random bytes, faster than one by one.
    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        var bytes = [UInt8]()
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Settings that trust the rig's authority and do not wait long.
    var settings: TransferSettings {
        var settings = WebRig.quick
        settings.authorities = certificates.path("ca")
        return settings
    }

    /// Settings that do not wait long.
    static var quick: TransferSettings {
        var settings = TransferSettings()
        settings.backOff = BackOff(
            attempts: 4, first: .milliseconds(2), maximum: .milliseconds(20), seed: 1)
        settings.allowPlainHTTP = true
        return settings
    }
}

/// The fault that something throws.
func fault(_ body: () throws -> Void) throws -> Fault {
    do {
        try body()
    } catch let fault as Fault {
        return fault
    }
    throw Fault(.internalError, "Nothing was thrown where a fault was expected.")
}

/// Reads a stretch of a source piece by piece, settling as it goes.
func readThrough(
    _ source: HTTPSource, _ range: Range<Int64>, piece: Int64 = 100_000, settling: Bool = true
) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var position = range.lowerBound
    while position < range.upperBound {
        let count = min(piece, range.upperBound - position)
        bytes += try source.read(at: position, count: Int(count))
        position += count
        if settling { source.settle(below: position) }
    }
    return bytes
}
