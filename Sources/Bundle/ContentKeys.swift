public import Faults
public import Sealing

/// What is derived from a bundle's content key, each for one purpose (HKDF-SHA-256).
///
/// The salt is the bundle's id, so that even a content key used twice by mistake gives other keys.
public struct ContentKeys: ~Copyable {
    private let index: SecretBytes
    private let pack: SecretBytes
    private let bundle: [UInt8]
    /// What the manifest holds, so that nobody can swap the content key.
    public let commitment: Digest

    /// Derives all keys.
    ///
    /// - Parameters:
    ///   - contentKey: 32 random bytes, fresh for each build.
    ///   - bundle: the bundle's id, 16 bytes.
    /// - Throws: a `Fault` where the library refuses.
    public init(
        contentKey: borrowing SecretBytes, bundle: [UInt8]
    ) throws(Fault) {
        func derive(
            _ label: String, from key: borrowing SecretBytes
        ) throws(Fault) -> SecretBytes {
            try KeyDerivation.derive(from: key, salt: bundle, label: label)
        }
        let commitment = try derive("nacelle v1 commitment", from: contentKey)
        let index = try derive("nacelle v1 index", from: contentKey)
        let pack = try derive("nacelle v1 pack", from: contentKey)
        guard let digest = try commitment.withBytes({ (bytes) throws(Fault) in Digest(bytes) })
        else { throw Fault(.internalError, "A derived key has not 32 bytes.") }
        self.init(index: index, pack: pack, bundle: bundle, commitment: digest)
    }

    private init(
        index: consuming SecretBytes, pack: consuming SecretBytes, bundle: [UInt8],
        commitment: Digest
    ) {
        self.index = index
        self.pack = pack
        self.bundle = bundle
        self.commitment = commitment
    }

    /// The cipher of index pages; a page's number is its place in the page table.
    public func indexCipher() throws(Fault) -> ChunkCipher {
        try cipher(index, label: "nacelle v1 index")
    }

    /// The cipher of chunks; a chunk's number is the ``IndexEntry/Stored/sealNumber``.
    public func packCipher() throws(Fault) -> ChunkCipher {
        try cipher(pack, label: "nacelle v1 pack")
    }

    private func cipher(
        _ key: borrowing SecretBytes, label: String
    ) throws(Fault) -> ChunkCipher {
        try ChunkCipher(key: key.duplicate(), label: label, bundle: bundle)
    }
}
