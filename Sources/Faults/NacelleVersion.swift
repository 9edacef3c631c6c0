/// The release of both programs.
public enum NacelleVersion {
    /// `MAJOR.MINOR.PATCH`, as manifests compare it.
    public static let current = "0.1.0"

    /// When it was released, in seconds since 1970: a clock that says less is wrong.
    ///
    /// A constant of the source rather than the time of the build, so that builds can be repeated.
    public static let released: Int64 = 1_795_564_800
}
