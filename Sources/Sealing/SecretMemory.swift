internal import COpenSSL

/// The memory that libcrypto keeps private keys in.
public enum SecretMemory {
    /// How much of it there is, in bytes: some client keys of the largest kinds.
    private static let size = 256 << 10

    /// Has libcrypto keep the numbers of private keys in memory of its own that is locked against
    /// swapping, guarded, left out of core dumps, and wiped when they go.
    ///
    /// Once a process, before the first key; where the memory cannot be had libcrypto goes on without.
    public static func begin() {
        guard CRYPTO_secure_malloc_initialized() == 0 else { return }
        _ = CRYPTO_secure_malloc_init(size, 32)
    }
}
