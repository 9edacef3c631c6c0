internal import DeviceIdentity
internal import Faults
internal import Sealing

/// What is read of a machine's configuration and identity before a command becomes the store's owner;
/// what cannot be read is left out.
struct MachineFacts {
    /// Where the model's health is kept.
    let health: HealthPlace?
    /// The file of the shipped root of trust.
    let root: String?
    /// When the machine's certificate ends, in seconds since 1970.
    let certificateEnd: Int64?

    /// Reads them.
    init(_ configuration: Configuration) {
        health = try? configuration.healthPlace()
        root = (try? configuration.trust())?.root
        certificateEnd = MachineFacts.certificateEnd(configuration)
    }

    private static func certificateEnd(_ configuration: Configuration) -> Int64? {
        guard let settings = try? configuration.identity(),
            let directory = try? IdentityDirectory.look(settings.directory),
            let pair = try? directory.currentPair()
        else { return nil }
        return pair.certificate.notAfter
    }
}
