internal import Bundle
internal import Faults

/// What stands before index and pack: preamble, envelope, recipients.
struct BundleHead {
    let envelope: [UInt8]
    let recipients: [UInt8]

    func write(index: Int64, pack: Int64, to output: inout OutputFile) throws(Fault) {
        let preamble = try Preamble(
            envelope: envelope, recipients: recipients, index: index, pack: pack)
        let first = try preamble.encoded()
        try output.write(first.span)
        try output.write(envelope.span)
        try output.write(recipients.span)
    }
}
