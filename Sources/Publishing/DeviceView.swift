internal import Faults
internal import Repository
internal import Trust

/// Reads a repository's metadata as a device does that knows a root and nothing else.
struct DeviceView {
    /// What was verified.
    let trusted: TrustedRepository
    /// The metadata files that were read, by their names.
    let files: [String: [UInt8]]

    /// Goes through a whole refresh.
    ///
    /// - Parameters:
    ///   - root: the root that the device was shipped with.
    ///   - time: the time by which expiry is judged; `nil` to accept what has expired.
    ///   - read: gives a file below `metadata/` of at most so many bytes; `nil` where there is none.
    /// - Throws: the `Fault` that the device would end with.
    init(
        from root: VerifiedRoot, at time: Int64?,
        read: (_ name: String, _ limit: Int) throws(Fault) -> [UInt8]?
    ) throws(Fault) {
        var refresh = MetadataRefresh(root: root, rules: RepositoryRules(time: time))
        var files: [String: [UInt8]] = [:]
        var answer: [UInt8]?
        while true {
            let step = try refresh.next(answer)
            answer = nil
            guard step != .done else { break }
            if case .fetch(let name, let limit) = step {
                answer = try read(name, limit)
                files[name] = answer
            }
        }
        guard let trusted = refresh.trusted else {
            throw Fault(.internalError, "A refresh ended without a result.")
        }
        self.trusted = trusted
        self.files = files
    }
}
