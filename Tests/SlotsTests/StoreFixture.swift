import DurableFiles
import Sealing
import TestKit
import Testing

@testable import Slots

/// Records and stores that the tests of this module begin with.
enum Fixture {
    static func identity(_ version: Int) throws -> VersionIdentity {
        VersionIdentity(
            application: "bearing", version: "1.\(version).0", releaseCounter: UInt64(version),
            tree: try SHA256.digest(of: [UInt8(version)]))
    }

    static func record(
        _ state: SlotRecord.State, _ version: Int, fallback: TreeName? = nil
    ) throws -> SlotRecord {
        SlotRecord(
            state: state, identity: try identity(version), bundle: "00",
            whole: [.ready, .trial, .good, .bad].contains(state), fallback: fallback,
            reason: state == .bad ? "a test" : "")
    }

    /// A store in which slot a runs version 1 and slot b holds version 2 in `state`.
    static func withStore(
        b state: SlotRecord.State?, body: (borrowing Store) throws -> Void
    ) throws {
        try withScratch { scratch in
            let store = try Store.openOrMake(path: scratch.path + "/store", owner: nil)
            try store.emptySlot(.a).replace("program", with: [1])
            try store.write(record(.good, 1), of: .a)
            try store.setCurrent(.a)
            if let state {
                try store.emptySlot(.b).replace("program", with: [1])
                try store.write(record(state, 2), of: .b)
            }
            try body(store)
        }
    }
}

/// Expects two values to be the same; for what is read from a store, which a macro cannot borrow.
func same<Value: Equatable>(
    _ found: Value, _ expected: Value, location: SourceLocation = #_sourceLocation
) {
    #expect(found == expected, sourceLocation: location)
}
