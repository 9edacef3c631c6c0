internal import Building
internal import Console
internal import Faults
internal import Sealing
internal import StrictJSON
internal import Trust

/// A root of trust in words, and as an event.
struct RootReport {
    private let state: RootCeremony.State
    private let path: String

    init(_ state: RootCeremony.State, path: String) {
        self.state = state
        self.path = path
    }

    func tell(_ console: Console) {
        let metadata = state.metadata
        let expires = UTCTime.text(metadata.expires)
        console.say("\(path)  root version \(metadata.version), expires \(expires)")
        for role in TrustRole.allCases {
            let list = metadata.list(role)
            let name = role.rawValue + String(repeating: " ", count: 9 - role.rawValue.count)
            let keys = list.keyIDs.map { $0.short + "…" }.joined(separator: ", ")
            console.say("  \(name)  \(list.threshold) of \(list.keyIDs.count): \(keys)")
        }
        if let missing = state.missing {
            console.say("  not usable yet: \(missing.message)")
        } else {
            console.say("  signatures suffice")
        }
        console.event(
            "root",
            [
                ("path", .string(path)), ("version", .integer(metadata.version)),
                ("expires", .string(expires)), ("complete", .bool(state.missing == nil)),
                ("missing", state.missing.map { .string($0.message) }),
                (
                    "roles",
                    .members(
                        TrustRole.allCases.map { role in
                            let list = metadata.list(role)
                            return (
                                role.rawValue,
                                .members([
                                    ("threshold", .integer(list.threshold)),
                                    ("keys", .array(list.keyIDs.map { .string($0.hex) })),
                                ])
                            )
                        })
                ),
            ])
    }
}
