public import Faults
internal import StrictJSON

/// What a server wants installed: files in chunks, and how far this machine may go by itself.
public struct Deployment: Sendable, Equatable {
    /// How a step is to be taken.
    public enum Handling: String, Sendable, CaseIterable {
        /// Not now.
        case skip
        /// As soon as this machine's own rules allow it; hawkBit's “soft”.
        case attempt
        /// At once.
        case forced
    }

    /// Whether the server's maintenance window is open.
    public enum Window: String, Sendable, CaseIterable {
        /// It is open.
        case available
        /// It is closed: nothing is to be swapped in.
        case unavailable
    }

    /// Several files that belong together; hawkBit's software module.
    public struct Chunk: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Its version.
        public var version: String
        /// Its files.
        public var artifacts: [Artifact]
    }

    /// The most chunks of one deployment.
    public static let chunkLimit = 64
    /// The most files of one deployment.
    public static let artifactLimit = 512

    /// The action's id.
    public var action: String
    /// How the files are to be fetched.
    public var download: Handling
    /// How the version is to be installed.
    public var update: Handling
    /// The server's maintenance window; `nil` where it has none.
    public var window: Window?
    /// What is to be installed.
    public var chunks: [Chunk]

    /// Reads a deployment; also one that was installed, or that wants a person's word.
    ///
    /// - Parameters:
    ///   - bytes: its text.
    ///   - server: who gave it.
    ///   - key: under which name it stands.
    /// - Throws: a `Fault` of code `server-refused`.
    public init(
        reading bytes: [UInt8], from server: FleetServer, under key: String = "deployment"
    ) throws(Fault) {
        self = try DDIReader.read(bytes, key) { (fields) throws(Fault) in
            try Deployment(fields, key, server)
        }
    }

    private init(_ whole: JSONFields, _ key: String, _ server: FleetServer) throws(Fault) {
        action = try DDIReader.id(whole, "id")
        let fields = try whole.object(key)
        download = try Deployment.handling(fields, "download")
        update = try Deployment.handling(fields, "update")
        window =
            try fields.optionalString("maintenanceWindow", limit: 64).map {
                // A window that is not known to be open is closed.
                Window(rawValue: $0) ?? .unavailable
            }
        var chunks: [Chunk] = []
        var count = 0
        for (number, value) in try fields.array("chunks", limit: Deployment.chunkLimit).enumerated()
        {
            let chunk = try JSONFields(value, path: "\(key).chunks[\(number)]")
            let artifacts = try Artifact.read(chunk, server)
            count += artifacts.count
            guard count <= Deployment.artifactLimit else {
                throw Fault(
                    .malformed, "It has more than \(Deployment.artifactLimit) artifacts.")
            }
            chunks.append(
                Chunk(
                    name: try chunk.optionalString("name", limit: 1024) ?? "",
                    version: try chunk.optionalString("version", limit: 1024) ?? "",
                    artifacts: artifacts))
        }
        self.chunks = chunks
    }

    /// An unknown word is the most careful one: the machine's own rules decide when.
    private static func handling(
        _ fields: JSONFields, _ key: String
    ) throws(Fault) -> Handling {
        Handling(rawValue: try fields.optionalString(key, limit: 64) ?? "attempt") ?? .attempt
    }
}
