/// The types of payload that this project signs in DSSE envelopes; each reader accepts one.
public enum PayloadType: String, Sendable, CaseIterable {
    /// The manifest of a bundle.
    case manifest = "application/vnd.nacelle.manifest.v1+json"
    /// The list of deltas beside a bundle.
    case deltaList = "application/vnd.nacelle.delta-list.v1+json"
}
