import DurableFiles
import Faults
import Testing

/// Every kept input through its reader: the seeds, and what the fuzzer once found.
@Suite(.serialized) struct ReplayTests {
    private static let kept: String = {
        var path = #filePath[...]
        for _ in 0..<2 { path = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
        return path + "/fuzz"
    }()

    /// The inputs of a reader in a folder of Tests/fuzz, by their names.
    private static func inputs(
        _ folder: String, of target: FuzzTarget
    ) throws -> [(name: String, bytes: [UInt8])] {
        guard
            let directory = try Directory.open(path: kept).open(folder).openIfPresent(target.name)
        else { return [] }
        var inputs: [(name: String, bytes: [UInt8])] = []
        for name in try directory.names().sorted() {
            inputs.append((name, try #require(try directory.read(name, limit: 1 << 20))))
        }
        return inputs
    }

    @Test(arguments: FuzzTargets.all.map(\.name))
    func `a reader takes its good seeds, and holds what is held of it for all`(
        name: String
    ) throws {
        let target = try #require(FuzzTargets.named(name))
        let inputs = try ReplayTests.inputs("seeds", of: target)
        #expect(inputs.contains { $0.name.hasPrefix("good") }, "\(name) has no good seed")
        for (file, bytes) in inputs {
            let verdict = target.judge(bytes)
            if case .broken(let what) = verdict { Issue.record("seeds/\(name)/\(file): \(what)") }
            guard file.hasPrefix("good") else { continue }
            #expect(verdict == .accepted, "seeds/\(name)/\(file)")
        }
    }

    @Test func `what the fuzzer found once is held now`() throws {
        var count = 0
        for target in FuzzTargets.all {
            for (file, bytes) in try ReplayTests.inputs("found", of: target) {
                count += 1
                if case .broken(let what) = target.judge(bytes) {
                    Issue.record("found/\(target.name)/\(file): \(what)")
                }
            }
        }
        #expect(count > 0, "no kept findings were read")
    }

    @Test func `no reader is fuzzed under two names, nor kept inputs under none`() throws {
        let names = FuzzTargets.all.map(\.name)
        #expect(Set(names).count == names.count)
        for folder in ["seeds", "found"] {
            let folders = try Directory.open(path: ReplayTests.kept).open(folder).names()
            #expect(Set(folders).isSubset(of: names), "a folder of \(folder) has no reader")
        }
    }

    @Test func `the table of readers in the documentation has them all`() throws {
        var path = ReplayTests.kept[...]
        for _ in 0..<2 { path = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
        let page = try FilePlace.read(path + "/docs/fuzzing.md", limit: 1 << 18)
        let text = String(decoding: page, as: UTF8.self)
        for target in FuzzTargets.all {
            #expect(text.contains("`\(target.name)`"), "\(target.name) is not in docs/fuzzing.md")
        }
    }

    @Test func `a broken promise and an internal error are no refusals`() {
        let broken = FuzzTarget("broken", "") { _ in try hold(false, "never") }
        #expect(broken.judge([]) == .broken("never"))
        let refusing = FuzzTarget("refusing", "") { _ in throw Fault(.malformed, "No.") }
        #expect(refusing.judge([]) == .refused(Fault(.malformed, "No.")))
        let lost = FuzzTarget("lost", "") { _ in throw Fault(.internalError, "Lost.") }
        guard case .broken = lost.judge([]) else {
            Issue.record("an internal error is taken for a refusal")
            return
        }
    }
}
