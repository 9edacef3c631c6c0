public import Faults
public import Install

/// A bundle as a member of a SWUpdate archive (`.swu`): what some servers take and nothing else.
///
/// The archive is the cpio form “newc” or “crc”, its first member `sw-description`. Nothing in it is
/// signed, so it only says where the bundle lies; the bundle's own signatures decide.
public enum WrappedBundle {
    /// The most members before the bundle is found.
    public static let memberLimit = 64

    /// The bundle in an archive; anything else is given back as it is.
    ///
    /// - Parameter source: a file or an address.
    /// - Returns: the bundle's bytes.
    /// - Throws: a `Fault` of code `malformed` for an archive that holds no bundle, several, or is
    ///   none.
    public static func unwrapped(_ source: any ByteSource) throws(Fault) -> any ByteSource {
        let length = try source.length()
        guard length >= 6, CPIOHeader.isMagic(try source.read(at: 0, count: 6)) else {
            return source
        }
        var reader = CPIOReader(source, length: length)
        guard let first = try reader.next(), first.name == "sw-description" else {
            throw Fault(
                .malformed,
                "\(source.name) is a cpio archive whose first member is not sw-description.",
                advice: "Wrap the bundle again: nacelle-bundle wrap --swu.")
        }
        var found: CPIOMember?
        for _ in 1..<memberLimit {
            guard let member = try reader.next() else { return try window(found, of: source) }
            guard member.isFile, member.name.hasSuffix(".nacelle") else { continue }
            if let found {
                throw Fault(
                    .malformed,
                    "\(source.name) holds two bundles, \(found.name) and \(member.name); one was "
                        + "expected.", advice: "Wrap each by itself.")
            }
            found = member
        }
        throw Fault(
            .malformed, "\(source.name) has more than \(memberLimit) members.",
            advice: "Wrap the bundle again: nacelle-bundle wrap --swu.")
    }

    private static func window(
        _ member: CPIOMember?, of source: any ByteSource
    ) throws(Fault) -> any ByteSource {
        guard let member else {
            throw Fault(
                .malformed, "\(source.name) holds no bundle: no member's name ends in .nacelle.",
                advice: "Wrap one: nacelle-bundle wrap --swu.")
        }
        return WindowSource(source, name: "\(source.name)(\(member.name))", range: member.range)
    }
}
