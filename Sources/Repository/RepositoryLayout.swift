// Repository: a TUF repository of bundles as devices read it: where its files are, its metadata refreshed
// and cached, what it offers, and a bundle put together of its parts. Chooses and installs nothing.

public import Bundle
public import Sealing

/// Where the files of a repository of bundles are, below its address or folder.
///
/// Envelopes are TUF targets. Index and pack of a bundle are objects named by the digest that the
/// signed manifest holds, so they never change; the list of recipients may.
public enum RepositoryLayout {
    /// The directory of the metadata, with a slash at the end.
    public static let metadata = "metadata/"
    /// The directory of the targets, with a slash at the end.
    public static let targets = "targets/"
    /// The directory of indexes and packs, with a slash at the end.
    public static let objects = "objects/"
    /// The directory of the lists of recipients, with a slash at the end.
    public static let recipients = "recipients/"
    /// What a file must be there for where a folder is a repository.
    public static let mark = metadata + "timestamp.json"

    /// The path of a bundle's index.
    ///
    /// - Parameter table: the digest of its page table, from the manifest.
    /// - Returns: the path, below the repository's place.
    public static func index(_ table: Digest) -> String { "\(objects)\(table.hex).index" }

    /// The path of a bundle's pack; the index says what each byte of it is.
    ///
    /// - Parameter table: the digest of the index's page table, from the manifest.
    /// - Returns: the path, below the repository's place.
    public static func pack(_ table: Digest) -> String { "\(objects)\(table.hex).pack" }

    /// The path of a sealed bundle's list of recipients.
    ///
    /// - Parameter bundle: the bundle's id.
    /// - Returns: the path, below the repository's place.
    public static func recipients(of bundle: [UInt8]) -> String {
        "\(recipients)\(Hex.encode(bundle)).recipients"
    }

    /// The target path of a bundle's envelope: unique by the bundle's id, the rest is for people.
    public static func target(_ manifest: Manifest) -> String {
        // A plus sign means different things to different servers.
        let version = String(manifest.version.map { $0 == "+" ? "_" : $0 })
        let application = String(manifest.application.map { $0 == "+" ? "_" : $0 })
        return "\(application)/\(version)-\(Hex.encode(manifest.bundle)).envelope"
    }
}
