public import DurableFiles
public import Faults
internal import Glibc

/// Samples that wait to be pushed: text lines with time stamps in a few files, bounded by age and size.
///
/// One process at a time uses it. What was added is there after a power cut; a line that one cut short is
/// never given out.
public struct SampleQueue: ~Copyable {
    /// What was given up.
    public struct Dropped: Sendable, Equatable {
        /// Samples that had become too old.
        public var age = 0
        /// Samples that had no more room.
        public var size = 0
        /// Samples that the server will never take.
        public var refused = 0

        /// Nothing was given up.
        public init() {}
    }

    /// A file is ended at so many bytes.
    static let segmentBytes = 64 << 10
    private static let suffix = ".prom"
    private static let damaged = ".damaged"

    private let directory: Directory
    private let bytes: Int64
    private let age: Int64

    /// Opens the queue.
    ///
    /// - Parameters:
    ///   - directory: where its files are; nothing else ends in `.prom` there.
    ///   - bytes: the most that they take.
    ///   - age: for how long a sample is kept, in seconds.
    public init(_ directory: consuming Directory, bytes: Int64, age: Int64) {
        self.directory = directory
        self.bytes = max(bytes, Int64(SampleQueue.segmentBytes))
        self.age = age
    }

    /// The files that wait, the oldest first.
    public func segments() throws(Fault) -> [String] {
        try directory.names(limit: 100_000)
            .filter { $0.hasSuffix(SampleQueue.suffix) && SampleQueue.parts($0) != nil }.sorted()
    }

    /// How many bytes wait.
    public func waiting() throws(Fault) -> Int64 {
        var sum: Int64 = 0
        for name in try segments() { sum += try size(name) }
        return sum
    }

    private func size(_ name: String) throws(Fault) -> Int64 {
        try directory.info(name)?.size ?? 0
    }

    /// Adds the samples of one moment, durably.
    ///
    /// - Parameters:
    ///   - lines: whole lines, each with a time stamp.
    ///   - now: seconds since 1970.
    /// - Returns: what had to go for it.
    /// - Throws: a `Fault`; where the disk does not take them they are not added.
    public func add(_ lines: [UInt8], at now: Int64) throws(Fault) -> Dropped {
        let dropped = try makeRoom(for: Int64(lines.count), at: now)
        guard !lines.isEmpty, Int64(lines.count) <= bytes else { return dropped }
        let names = try segments()
        if let last = names.last, try append(lines, to: last) { return dropped }
        let number = (names.last.flatMap(SampleQueue.parts)?.number ?? 0) &+ 1
        try directory.replace(SampleQueue.name(number, now), with: lines)
        return dropped
    }

    /// Appends to a file that has room and ends as it should; else `false`.
    private func append(_ lines: [UInt8], to name: String) throws(Fault) -> Bool {
        let size = try size(name)
        guard size > 0, size + Int64(lines.count) <= Int64(SampleQueue.segmentBytes),
            let file = (try? directory.openFile(name, flags: O_RDWR | O_APPEND)) ?? nil
        else { return false }
        var last: [UInt8] = [0]
        _ = try file.read(at: size - 1, into: &last, count: 1, name)
        guard last[0] == 0x0A else { return false }
        try file.write(lines.span, name)
        try file.sync(name)
        return true
    }

    private func makeRoom(for more: Int64, at now: Int64) throws(Fault) -> Dropped {
        var dropped = Dropped()
        var names = try segments()
        while let first = names.first, let began = SampleQueue.parts(first)?.began,
            // A file is begun before its last sample is; one that begins in the future is the clock's
            // mistake, and is kept.
            now > began, now - began > age
        {
            dropped.age += try giveUp(first)
            names.removeFirst()
        }
        var sum: Int64 = 0
        for name in names { sum += try size(name) }
        while sum + more > bytes, let first = names.first {
            sum -= try size(first)
            dropped.size += try giveUp(first)
            names.removeFirst()
        }
        return dropped
    }

    /// Removes a file; how many samples it held.
    private func giveUp(_ name: String) throws(Fault) -> Int {
        guard let lines = try? read(name) else {
            try setAside(name)
            return 0
        }
        try remove(name)
        return lines.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
    }

    /// The whole lines of a file.
    public func read(_ name: String) throws(Fault) -> [UInt8] {
        let limit = Int(max(bytes, try size(name)))
        let bytes = try directory.read(name, limit: min(limit, MetricText.limit)) ?? []
        guard let end = bytes.lastIndex(of: 0x0A) else { return [] }
        return Array(bytes[...end])
    }

    /// Removes a file, durably.
    public func remove(_ name: String) throws(Fault) {
        try directory.remove(name)
        try directory.sync()
    }

    /// Gives a file another name that cannot be read: it must not hold up the others.
    ///
    /// One such file is kept: a disk that fails must not fill up by it.
    func setAside(_ name: String) throws(Fault) {
        try directory.removeTree(SampleQueue.damaged)
        try directory.rename(name, to: SampleQueue.damaged)
    }

    private static func name(_ number: UInt64, _ began: Int64) -> String {
        padded("\(number)", 12) + "-" + "\(max(began, 0))" + suffix
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    private static func parts(_ name: String) -> (number: UInt64, began: Int64)? {
        let parts = name.dropLast(suffix.count).split(
            separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 12, let number = UInt64(parts[0]),
            let began = Int64(parts[1]), began >= 0
        else { return nil }
        return (number, began)
    }
}
