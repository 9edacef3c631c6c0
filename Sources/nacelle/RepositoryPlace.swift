internal import Agent
internal import DurableFiles
internal import Faults
internal import Repository
internal import Transport

/// Reads a place on the command line that may be a repository.
enum RepositoryPlace {
    /// The repository that was named, or the configured one.
    static func location(
        _ text: String?, _ configuration: Configuration
    ) throws(Fault) -> RepositoryLocation {
        if let text {
            switch try Location(parsing: text) {
            case .remote(let url): return .remote(url)
            case .file(let path):
                guard try FilePlace.info(path).kind == .directory else {
                    throw Fault(
                        .notFound, "\(path) is no folder, so it is no repository.",
                        advice: "Name the folder that holds “metadata”.")
                }
                return .folder(path)
            }
        }
        guard let configured = try configuration.repository() else {
            throw Fault(
                .configuration, "No repository is named, and none is configured.",
                advice: "Name one, or write “repository: https://…” into \(configuration.path).")
        }
        return configured
    }

    /// Whether a place is a repository rather than a bundle: an address that ends in a slash, or a
    /// folder with a repository's metadata.
    static func isRepository(_ text: String) throws(Fault) -> Bool {
        switch try Location(parsing: text) {
        case .remote(let url): return url.hasSuffix("/")
        case .file(let path):
            guard let info = try? FilePlace.info(path), info.kind == .directory else {
                return false
            }
            let mark = "\(path)/\(RepositoryLayout.mark)"
            guard (try? FilePlace.info(mark))?.kind == .file else {
                throw Fault(
                    .notFound,
                    "\(path) is a folder, and no repository: it has no \(RepositoryLayout.mark).",
                    advice: "Name a bundle in it, or the folder of a repository.")
            }
            return true
        }
    }
}
