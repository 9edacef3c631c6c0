import StrictJSON
import TestKit
import Testing

@testable import Fleet

/// The version that runs, told where no action of the server brought it.
@Suite struct DeclarationTests {
    private static func version(_ version: String) -> RunningVersion {
        RunningVersion(name: "bearing", version: version, release: "\(version)#1")
    }

    private func declared(_ rig: FleetRig) throws -> JSONValue? {
        try rig.double.seen()["installed"]?["version"]
    }

    private func puts(_ rig: FleetRig) throws -> Int {
        try rig.requests().filter { $0 == "PUT /installedBase" }.count
    }

    @Test func `a version gone back to by hand is declared once`() throws {
        try FleetRig.with { rig in
            try rig.script()
            rig.running = Self.version("1.1.0")
            // What runs at the first contact is nobody's doing.
            try rig.contact()
            #expect(try puts(rig) == 0)
            rig.running = Self.version("1.0.0")
            let told = try rig.contact()
            #expect(told.delivered == 1 && told.waiting == 0)
            #expect(try declared(rig) == .string("1.0.0"))
            try rig.contact()
            // In probation with nothing before it there is no version that could be told.
            rig.running = nil
            try rig.contact()
            rig.running = Self.version("1.0.0")
            try rig.contact()
            #expect(try puts(rig) == 1)
            #expect(try rig.flaws() == [])
        }
    }

    @Test func `a version that the server's action brought is not declared, and going back is`()
        throws
    {
        try FleetRig.with { rig in
            try rig.serve("bearing-1.1.0.nacelle", [1])
            try rig.script()
            rig.running = Self.version("1.0.0")
            try rig.contact()
            try rig.script(FleetRig.deployment(file: ContactTests.file))
            try rig.contact()
            // It passed its probation, and its end is not in the outbox yet.
            rig.running = Self.version("1.1.0")
            try rig.contact()
            try rig.outbox().add(.final(action: "8", success: true))
            let over = try rig.contact()
            #expect(over.finding == .nothing && over.delivered == 1)
            try rig.contact()
            #expect(try puts(rig) == 0)
            rig.running = Self.version("1.0.0")
            try rig.contact()
            #expect(try puts(rig) == 1)
            #expect(try declared(rig) == .string("1.0.0"))
            #expect(try rig.flaws() == [])
        }
    }

    @Test func `a failed action changes nothing of what is known`() throws {
        try FleetRig.with { rig in
            try rig.serve("bearing-1.1.0.nacelle", [1])
            try rig.script()
            rig.running = Self.version("1.1.0")
            try rig.contact()
            try rig.script(FleetRig.deployment(file: ContactTests.file))
            rig.running = Self.version("1.0.0")
            // hawkBit would give up the action for a version declared now.
            try rig.contact()
            #expect(try puts(rig) == 0)
            try rig.outbox().add(.final(action: "8", success: false))
            try rig.contact()
            #expect(try puts(rig) == 1)
        }
    }

    @Test(arguments: [403, 404, 405])
    func `a server that takes no version is not asked again, and offers on`(status: Int) throws {
        try FleetRig.with { rig in
            let refusal =
                #""troubles": [{"match": "PUT .*/installedBase", "times": 9, "status": \#(status)}]"#
            try rig.script(refusal)
            rig.running = Self.version("1.1.0")
            try rig.contact()
            rig.running = Self.version("1.0.0")
            let told = try rig.contact()
            #expect(told.refused.count == 1 && told.waiting == 0, "\(told)")
            try rig.contact()
            #expect(try puts(rig) == 1)
        }
    }

    @Test func `a server that cannot be told now is told later`() throws {
        try FleetRig.with { rig in
            let trouble =
                #""troubles": [{"match": "PUT .*/installedBase", "times": 2, "status": 503}]"#
            try rig.script(trouble)
            rig.running = Self.version("1.1.0")
            try rig.contact()
            rig.running = Self.version("1.0.0")
            #expect(try rig.contact().waiting == 1)
            rig.time += 3_600_000
            let told = try rig.contact()
            #expect(told.waiting == 0 && told.delivered == 1)
            #expect(try declared(rig) == .string("1.0.0"))
        }
    }
}
