internal import CProcess

/// How the C library keeps this process's memory.
public enum Heap {
    /// Has buffers of 128 KiB and more given back to the system when they are freed.
    ///
    /// Left alone, glibc raises that size with the largest buffer that was freed, and keeps what is
    /// below it; with several threads a process then holds far more than it uses.
    public static func keepsNoLargeBuffers() { _ = cprocess_bound_heap() }
}
