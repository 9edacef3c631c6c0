/// The release of both programs.
public enum NacelleVersion {
    /// `MAJOR.MINOR.PATCH`, as manifests compare it.
    public static let current = "0.1.0"
}
