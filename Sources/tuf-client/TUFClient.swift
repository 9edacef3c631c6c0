// tuf-client: the TUF client of Trust and Repository on its own, with the command line that public
// conformance suites drive. For tests of the workflow; devices update by nacelle.

internal import ArgumentParser
internal import DurableFiles
internal import Faults
internal import Glibc
internal import Repository
internal import Transport
internal import Trust

/// The program.
@main
struct TUFClient: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tuf-client",
        abstract: "Follow a TUF repository (specification 1.0.34) and download its targets.",
        discussion: """
            tuf-client --metadata-dir D init ROOT
              trusts the root metadata in the file ROOT, without any request

            tuf-client --metadata-dir D --metadata-url U refresh
              brings the metadata in D up to date, by the repository's rules

            tuf-client --metadata-dir D --metadata-url U --target-dir T --target-base-url B \\
              --target-name N download
              refreshes, and puts the target N into T, its name percent-encoded; --target-name may \
            be repeated

            D holds one file a role, as it was published. Ed25519, ECDSA P-256 and RSA-PSS keys are \
            accepted, http and https addresses too. Exit status: 0 for success, 1 for anything else.
            """,
        version: NacelleVersion.current)

    /// The most bytes of a target, which is held in memory until it is verified.
    private static let targetLimit: Int64 = 256 << 20

    /// What to do.
    enum Task: String, ExpressibleByArgument, CaseIterable {
        case initialize = "init"
        case refresh, download
    }

    @Option(help: ArgumentHelp("Where trusted metadata is kept.", valueName: "directory"))
    var metadataDir: String

    @Option(help: ArgumentHelp("The address of the metadata.", valueName: "url"))
    var metadataUrl: String?

    @Option(help: ArgumentHelp("A target; may be repeated.", valueName: "path"))
    var targetName: [String] = []

    @Option(help: ArgumentHelp("Where targets are put.", valueName: "directory"))
    var targetDir: String?

    @Option(help: ArgumentHelp("The address of the targets.", valueName: "url"))
    var targetBaseUrl: String?

    @Argument(help: ArgumentHelp("What to do: init, refresh or download.", valueName: "command"))
    var task: Task

    @Argument(help: ArgumentHelp("The root metadata to trust, for init.", valueName: "root"))
    var root: String?

    func validate() throws {
        func needs(_ value: String?, _ name: String) throws {
            if value == nil { throw ValidationError("“\(task.rawValue)” needs \(name).") }
        }
        switch task {
        case .initialize: try needs(root, "the file of a root")
        case .refresh: try needs(metadataUrl, "--metadata-url")
        case .download:
            try needs(metadataUrl, "--metadata-url")
            try needs(targetDir, "--target-dir")
            try needs(targetBaseUrl, "--target-base-url")
            try needs(targetName.first, "--target-name")
        }
        if task != .initialize, let root {
            throw ValidationError("“\(root)” is one word too many.")
        }
    }

    static func main() {
        do {
            var command = try parseAsRoot(try words())
            try command.run()
        } catch {
            // One status for all that fails, as the suites expect.
            let status = exitCode(for: error)
            let text = (error as? Fault)?.description ?? fullMessage(for: error)
            let line = Array((status == .success ? text : "tuf-client: " + text).utf8) + [0x0A]
            _ = unsafe write(status == .success ? 1 : 2, line, line.count)
            Glibc.exit(status == .success ? 0 : 1)
        }
    }

    /// The words of the command line, from the kernel.
    ///
    /// Swift finds them by the environment's place in memory, which libfaketime moves when it is
    /// preloaded: then there would be none.
    private static func words() throws -> [String] {
        let place = try Directory.open(path: "/proc/self")
        var bytes = [UInt8](repeating: 0, count: 4 << 20)
        guard let file = try place.openFile("cmdline") else { return [] }
        let count = try file.read(at: 0, into: &bytes, count: bytes.count, "the command line")
        return bytes[..<count].split(separator: 0, omittingEmptySubsequences: false)
            .dropFirst().dropLast().map { String(decoding: $0, as: UTF8.self) }
    }

    func run() throws {
        switch task {
        case .initialize: try initialize()
        case .refresh: _ = try refreshed()
        case .download: try download()
        }
    }

    private func initialize() throws(Fault) {
        let bytes = try FilePlace.read(root ?? "", limit: RootMetadata.limit)
        let root = try VerifiedRoot.load(bytes, accepting: .all)
        try cache().store("root.json", root.bytes)
    }

    private func cache() throws(Fault) -> MetadataCache {
        MetadataCache(in: try TUFClient.directory(metadataDir))
    }

    private func refreshed() throws(Fault) -> RepositoryReader {
        let cache = try cache()
        guard let bytes = cache.load("root.json") else {
            throw Fault(
                .notFound, "\(metadataDir) holds no root.json.",
                advice: "Give it one: tuf-client --metadata-dir \(metadataDir) init ROOT.")
        }
        let root = try VerifiedRoot.load(bytes, accepting: .all)
        var reader = RepositoryReader(
            try place(metadataUrl), metadata: "", cache: cache,
            rules: RepositoryRules(time: Int64(time(nil))))
        _ = try reader.refresh(from: root)
        return reader
    }

    private func download() throws(Fault) {
        var reader = try refreshed()
        let place = try place(targetBaseUrl)
        let directory = try TUFClient.directory(targetDir)
        for path in targetName {
            guard let target = try reader.find(path), let trusted = reader.trusted else {
                throw Fault(.notFound, "The repository offers no target “\(path)”.")
            }
            let name = PercentEncoding.whole(path)
            let limit = Int(min(target.length, TUFClient.targetLimit))
            if let held = (try? directory.read(name, limit: limit)) ?? nil,
                (try? target.check(held)) != nil
            {
                continue
            }
            let stored = target.storedPath(
                consistentSnapshot: trusted.root.metadata.consistentSnapshot)
            guard let bytes = try place.read(PercentEncoding.path(stored), limit: limit) else {
                throw Fault(.serverRefused, "The server has no target “\(path)”.")
            }
            try target.check(bytes)
            try directory.replace(name, with: bytes, temporary: ".+new")
        }
    }

    private func place(_ url: String?) throws(Fault) -> WebTree {
        var settings = TransferSettings()
        settings.allowPlainHTTP = true
        settings.backOff.attempts = 1
        settings.redirects = 0
        return try WebTree(url ?? "", try HTTPClient(settings))
    }

    private static func directory(_ path: String?) throws(Fault) -> Directory {
        let path = path ?? "."
        _ = unsafe mkdir(path, 0o755)
        return try Directory.open(path: path)
    }
}
