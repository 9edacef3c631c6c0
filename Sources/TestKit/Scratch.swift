// TestKit: what several test targets share. Imported by tests alone; no product contains it.

public import DurableFiles
internal import Glibc

/// Runs a test in a fresh directory, which is removed at the end whatever happens.
///
/// - Parameter body: gets the open directory; its `path` is absolute.
/// - Returns: what `body` returns.
/// - Throws: what `body` throws, or a fault where the directory cannot be made.
public func withScratch<Result>(
    _ body: (borrowing Directory) throws -> Result
) throws -> Result {
    let parent = try Directory.open(path: "/tmp")
    let name = "nacelle-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    let scratch = try parent.make(name)
    defer { try? parent.removeTree(name) }
    return try body(scratch)
}
