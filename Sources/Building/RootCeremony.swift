internal import DurableFiles
public import Faults
internal import Sealing
internal import Signing
public import Trust

/// Makes, signs and extends root metadata in files, so that signers can take turns offline.
public enum RootCeremony {
    /// What is to change between two versions of a root, or from nothing to the first.
    public struct Changes: Sendable {
        /// Public key files to add, each with the role that it may sign for.
        public var additions: [(role: TrustRole, path: String)] = []
        /// Keys to take away: ids (or their first digits, at least 8) or public key files.
        public var removals: [(role: TrustRole, key: String)] = []
        /// New thresholds.
        public var thresholds: [(role: TrustRole, count: Int)] = []
        /// When the new version expires, in seconds since 1970.
        public var expires: Int64

        /// No changes but the time of expiry.
        public init(expires: Int64) { self.expires = expires }
    }

    /// A root document on its way, and how it stands with its signatures.
    public struct State: Sendable {
        /// What the metadata says; not authentic unless ``missing`` is `nil`.
        public let metadata: RootMetadata
        /// Why the document cannot be used yet; `nil` where all signatures are there.
        public let missing: Fault?
    }

    /// Makes the first version of a root.
    ///
    /// Roles that get no key (timestamp and snapshot, where no repository is served) take those of
    /// `targets`, with a threshold of 1.
    ///
    /// - Parameters:
    ///   - changes: keys and thresholds.
    ///   - keyFiles: signing keys at hand; more can sign later.
    ///   - output: the file to write.
    /// - Returns: how it stands.
    /// - Throws: a `Fault` of code `keys`.
    public static func begin(
        _ changes: Changes, keyFiles: [String], output: String
    ) throws(Fault) -> State {
        var builder = RootBuilder(expires: changes.expires)
        try apply(changes, to: &builder)
        for role in [TrustRole.timestamp, .snapshot] where builder.keyIDs(of: role).isEmpty {
            for addition in changes.additions where addition.role == .targets {
                try builder.add(try KeyFiles.signerPublicKey(addition.path), to: role)
            }
        }
        let document = try sign(try builder.unsigned(), keyFiles)
        return try finish(document, after: nil, output)
    }

    /// Adds signatures to a root that others have begun.
    ///
    /// - Parameters:
    ///   - path: the file, which is replaced.
    ///   - keyFiles: the signing keys.
    ///   - previous: the root that it follows; `nil` for a first version.
    /// - Returns: how it stands.
    /// - Throws: a `Fault` of code `keys` where a key has signed already.
    public static func sign(
        _ path: String, keyFiles: [String], previous: String?
    ) throws(Fault) -> State {
        let document = try RootDocument(try FilePlace.read(path, limit: RootMetadata.limit))
        return try finish(try sign(document, keyFiles), after: try load(previous), path)
    }

    /// Makes the version that follows a root.
    ///
    /// - Parameters:
    ///   - path: the newest root, fully signed.
    ///   - changes: what is to change.
    ///   - keyFiles: signing keys at hand, of the old root and the new one.
    ///   - output: the file to write.
    /// - Returns: how it stands.
    /// - Throws: a `Fault` of code `keys`, or `untrusted` for an old root that is not whole.
    public static func extend(
        _ path: String, _ changes: Changes, keyFiles: [String], output: String
    ) throws(Fault) -> State {
        let old = try VerifiedRoot.load(try FilePlace.read(path, limit: RootMetadata.limit))
        var builder = RootBuilder(extending: old, expires: changes.expires)
        try apply(changes, to: &builder)
        return try finish(try sign(try builder.unsigned(), keyFiles), after: old, output)
    }

    /// Looks at a root.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - previous: the root that it follows; `nil` to judge it by itself.
    /// - Returns: what it says and whether its signatures suffice.
    /// - Throws: a `Fault` where it cannot be read.
    public static func inspect(_ path: String, previous: String?) throws(Fault) -> State {
        let document = try RootDocument(try FilePlace.read(path, limit: RootMetadata.limit))
        return try state(of: document, after: try load(previous))
    }

    private static func load(_ path: String?) throws(Fault) -> VerifiedRoot? {
        guard let path else { return nil }
        return try VerifiedRoot.load(try FilePlace.read(path, limit: RootMetadata.limit))
    }

    private static func apply(
        _ changes: Changes, to builder: inout RootBuilder
    ) throws(Fault) {
        for (role, path) in changes.additions {
            try builder.add(try KeyFiles.signerPublicKey(path), to: role)
        }
        for (role, key) in changes.removals {
            try builder.remove(try id(of: key, among: builder.keyIDs(of: role)), from: role)
        }
        for (role, count) in changes.thresholds { try builder.setThreshold(count, of: role) }
    }

    /// The id that a person names by itself, by its first digits or by the key's file.
    private static func id(of key: String, among ids: [Digest]) throws(Fault) -> Digest {
        let matches = key.utf8.count >= 8 ? ids.filter { $0.hex.hasPrefix(key) } : []
        if matches.count == 1, let match = matches.first { return match }
        guard key.contains(".") || key.contains("/") else {
            throw Fault(
                .keys, "“\(key)” names \(matches.count) of the role's \(ids.count) keys.",
                advice: "Give the key's id, at least its first 8 digits, or its .pub file.")
        }
        return try KeyFiles.signerPublicKey(key).keyID()
    }

    private static func sign(
        _ document: RootDocument, _ keyFiles: [String]
    ) throws(Fault) -> RootDocument {
        var document = document
        for path in keyFiles {
            let key = try KeyFiles.signingKey(path)
            do throws(Fault) {
                document = try document.signed(by: key)
            } catch {
                throw error.during("Signing with \(path)")
            }
        }
        return document
    }

    private static func finish(
        _ document: RootDocument, after previous: VerifiedRoot?, _ output: String
    ) throws(Fault) -> State {
        let state = try state(of: document, after: previous)
        var file = try OutputFile.begin(output)
        let bytes = document.encoded
        try file.write(bytes.span)
        try file.commit()
        return state
    }

    private static func state(
        of document: RootDocument, after previous: VerifiedRoot?
    ) throws(Fault) -> State {
        var missing: Fault?
        do throws(Fault) {
            _ = try document.checked(after: previous)
        } catch {
            guard error.code == .untrusted else { throw error }
            missing = error
        }
        return State(metadata: try RootMetadata(document.encoded), missing: missing)
    }
}
