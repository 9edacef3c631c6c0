// Agent: what the device commands do. Reads the configuration, decides about admission, performs
// install, probation, rollback, status and verify with the modules below. Prints nothing itself.

internal import DurableFiles
public import Faults
internal import Glibc
internal import YAML

/// The machine's configuration, `/etc/nacelle/config.yaml`, each part of it read when it is needed.
///
/// A command that needs only the store works with the rest of the file wrong, or with the file
/// broken off in the middle: a rollback must not fail for a typing mistake elsewhere.
public struct Configuration: Sendable {
    /// Where the configuration is looked for unless a command names another place.
    public static let defaultPath = "/etc/nacelle/config.yaml"
    /// Where the store is unless the configuration or a command says otherwise.
    public static let defaultStore = "/var/lib/nacelle"

    static let keys = [
        "machine", "application", "store", "user", "root", "device-key", "accelerators", "smoke",
        "activation", "probe", "transfer", "repository", "expired-media", "key-schemes",
        "identity", "service", "boot", "fleet", "telemetry",
    ]

    /// The file's path.
    public let path: String
    /// Why the file could not be read to its end; `nil` where it could.
    public let fault: Fault?
    let fields: YAMLFields?
    private let isMissing: Bool

    /// Reads the file as far as it can be read; never throws.
    public static func load(path: String) -> Configuration {
        do throws(Fault) {
            let bytes = try FilePlace.read(path, limit: YAMLReader.byteLimit)
            let partial = YAMLReader.readTopLevelTolerantly(bytes, file: path)
            return Configuration(
                path: path, fault: partial.fault, fields: partial.fields, isMissing: false)
        } catch {
            let fault = Fault(
                .configuration, "The configuration cannot be read: \(error.message)",
                advice: error.advice.isEmpty
                    ? "Write one (docs/configuration.md has an example), or name it by --config."
                    : error.advice, cause: error.cause)
            return Configuration(
                path: path, fault: fault, fields: nil, isMissing: error.code == .notFound)
        }
    }

    /// The fields, where a part of the file that could not be read is not silently taken as absent.
    func readable(for what: String) throws(Fault) -> YAMLFields {
        if let fault { throw fault.during("The configuration is needed for \(what)") }
        guard let fields else {
            throw Fault(.configuration, "The configuration \(path) is empty.")
        }
        return fields
    }

    /// Where the store is: what the command says, else the configuration, else the default.
    ///
    /// - Parameter override: the command's `--store`.
    /// - Returns: an absolute path.
    /// - Throws: a `Fault` of code `configuration`.
    public func storePath(_ override: String?) throws(Fault) -> String {
        if let override {
            guard !override.isEmpty else {
                throw Fault(
                    .configuration, "“--store” is empty; a directory was expected.",
                    advice: "Name the store, or leave the option out.")
            }
            return try absolute(override)
        }
        guard let fields, fields.has("store") else {
            // A store that is configured but stands behind the mistake would be missed.
            if let fault, !isMissing { throw fault }
            return Configuration.defaultStore
        }
        return try configuredPath(fields, "store")
    }

    /// The file's absolute path, for a process that starts elsewhere.
    ///
    /// - Returns: the path.
    /// - Throws: a `Fault` where the working directory is gone.
    public func absolutePath() throws(Fault) -> String { try absolute(path) }

    private func absolute(_ path: String) throws(Fault) -> String {
        if path.hasPrefix("/") { return path }
        var buffer = [CChar](repeating: 0, count: 4096)
        guard unsafe getcwd(&buffer, buffer.count) != nil else {
            throw systemFault("cannot tell the working directory")
        }
        let here = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: here, as: UTF8.self) + "/" + path
    }

    func configuredPath(_ fields: YAMLFields, _ key: String) throws(Fault) -> String {
        let path = try fields.string(key, limit: 1024)
        guard path.hasPrefix("/") else {
            throw fields.fault(key, "is “\(path)”; an absolute path was expected")
        }
        return path
    }
}
