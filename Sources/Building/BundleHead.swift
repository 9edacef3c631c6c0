internal import Bundle
internal import Faults

/// What stands before index and pack: preamble, envelope, recipients.
struct BundleHead {
    let envelope: [UInt8]
    let recipients: [UInt8]

    func write(index: Int64, pack: Int64, to output: inout OutputFile) throws(Fault) {
        guard envelope.count <= BundleLimits.envelopeBytes else {
            throw Fault(
                .source,
                "The envelope would have \(envelope.count) bytes; at most "
                    + "\(BundleLimits.envelopeBytes) are allowed.")
        }
        let preamble = Preamble(
            envelope: envelope.count, recipients: recipients.count, index: index, pack: pack)
        let first = try preamble.encoded()
        try output.write(first.span)
        try output.write(envelope.span)
        try output.write(recipients.span)
    }
}
