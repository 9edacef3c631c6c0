public import Faults
public import StrictJSON

extension Offer {
    /// The offer as it stands in the file.
    public var json: JSONValue {
        .members([
            ("format", .integer(1)), ("action", .string(action)), ("server", .string(server)),
            ("download", .string(download.rawValue)), ("update", .string(update.rawValue)),
            ("maintenanceWindow", window.map { .string($0.rawValue) }),
            (
                "artifacts",
                .array(
                    artifacts.map { artifact in
                        .members([
                            ("filename", .string(artifact.file)),
                            ("size", .integer(artifact.size)),
                            ("sha256", artifact.sha256.map { .string($0) }),
                            ("sha1", artifact.sha1.map { .string($0) }),
                            ("href", .string(artifact.href)),
                        ])
                    })
            ),
            ("name", .string(name)), ("version", .string(version)),
        ])
    }

    /// Reads the file.
    ///
    /// - Parameter bytes: its content.
    /// - Throws: a `Fault` of code `store-damaged`.
    public init(reading bytes: [UInt8]) throws(Fault) {
        do throws(Fault) {
            let limits = JSONLimits(bytes: Offer.limit, depth: 8, values: 20_000)
            let json = try JSONReader.read(bytes, limits: limits)
            self = try Offer(JSONFields(json, path: "offer"))
        } catch {
            throw Fault(
                .storeDamaged, "The offer cannot be read: \(error.message)",
                advice: "Ask the server again: nacelle contact.")
        }
    }

    private init(_ fields: JSONFields) throws(Fault) {
        let _: Int = try fields.integer("format", in: 1...1)
        var artifacts: [Artifact] = []
        let server = try FleetServer(try fields.string("server"))
        let values = try fields.array("artifacts", limit: Deployment.artifactLimit)
        for value in values {
            let file = try JSONFields(value, path: "offer.artifacts")
            artifacts.append(
                Artifact(
                    file: try Artifact.name(file, "filename"),
                    size: try file.integer("size", in: 0...Int64(1) << 50),
                    sha256: Artifact.digest(file, "sha256", 64),
                    sha1: Artifact.digest(file, "sha1", 40),
                    href: try server.fileLink(try file.string("href", limit: 8192), "an artifact")))
        }
        self.init(
            action: try DDIReader.id(fields, "action"), server: server.address,
            download: try Offer.word(fields, "download"), update: try Offer.word(fields, "update"),
            window: fields.has("maintenanceWindow")
                ? try Offer.word(fields, "maintenanceWindow") : nil,
            artifacts: artifacts, name: try fields.string("name"),
            version: try fields.string("version"))
    }

    private static func word<Word: RawRepresentable>(
        _ fields: JSONFields, _ key: String
    ) throws(Fault) -> Word where Word.RawValue == String {
        let text = try fields.string(key, limit: 64)
        guard let word = Word(rawValue: text) else {
            throw Fault(.malformed, "“offer.\(key)” is “\(text)”, which is not known.")
        }
        return word
    }
}
