import Glibc
import Testing

@testable import UpdateMachine

/// The diagram in the documentation is drawn from the machine itself.
@Suite struct DiagramTests {
    /// Every change of state that some event makes, as Mermaid draws it.
    static let diagram: String = {
        var edges: [String: [String]] = [:]
        let settings = [
            Settings(), Settings(mode: .prepare, asksPerson: true),
            Settings(mode: .check, answersServer: true),
        ]
        for step in settings.flatMap(Explorer.walk) where step.event != .started {
            guard step.before.state != step.after.state else { continue }
            let edge = "\(step.before.state) --> \(step.after.state)"
            if edges[edge]?.contains(step.event.title) != true {
                edges[edge, default: []].append(step.event.title)
            }
        }
        let order = State.allCases.map { "\($0)" }
        func rank(_ edge: String) -> [Int] {
            edge.split(separator: " ").compactMap { order.firstIndex(of: String($0)) }
        }
        let lines = edges.sorted { left, right in
            rank(left.key).lexicographicallyPrecedes(rank(right.key))
        }.map { "    \($0.key): \($0.value.sorted().joined(separator: ", "))" }
        return (["stateDiagram-v2", "    [*] --> recovering: started"] + lines)
            .joined(separator: "\n")
    }()

    @Test func `the diagram in the documentation is the machine's own`() throws {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = "/\(path)/docs/update-machine.md"
        let begin = "```mermaid\n"
        let text = try read(file)
        let parts = text.split(separator: begin, maxSplits: 1, omittingEmptySubsequences: false)
        try #require(parts.count == 2, "docs/update-machine.md has no diagram")
        let rest = parts[1].split(
            separator: "\n```", maxSplits: 1, omittingEmptySubsequences: false)
        if unsafe getenv("NACELLE_DRAW") != nil, rest.count == 2 {
            try write("\(parts[0])\(begin)\(Self.diagram)\n```\(rest[1])", to: file)
            return
        }
        #expect(
            String(rest[0]) == Self.diagram,
            "draw it anew: NACELLE_DRAW=1 swift test --filter DiagramTests")
    }

    private func read(_ path: String) throws -> String {
        let file = try #require(unsafe fopen(path, "r"), "\(path) cannot be read")
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(unsafe fopen(path, "w"))
        defer { unsafe fclose(file) }
        let bytes = Array(text.utf8)
        #expect(unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
}
