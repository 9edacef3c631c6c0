/// The version that runs and has proved itself, as a server is told of it.
public struct RunningVersion: Sendable, Equatable {
    /// The application.
    public var name: String
    /// Its version.
    public var version: String
    /// What tells it from every other, also from one of the same version.
    public var release: String

    /// Makes one.
    ///
    /// - Parameters:
    ///   - name: the application.
    ///   - version: its version.
    ///   - release: what tells it from every other, in at most 1024 bytes.
    public init(name: String, version: String, release: String) {
        self.name = name
        self.version = version
        self.release = release
    }
}
