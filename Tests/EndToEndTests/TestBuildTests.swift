import Testing

/// What a test build may do, and what ships must not.
struct TestBuildTests {
    @Test func `no protective step can be left out of what ships`() throws {
        let rig = try Rig()
        // The word stands in a debug build, so that looking for it shows something.
        try rig.shell("grep -qa NACELLE_WITHOUT \(Rig.checkout)/.build/debug/nacelle")
        for program in ["nacelle", "nacelle-bundle"] {
            try rig.shell("! grep -qa NACELLE_WITHOUT \(Rig.programs)/\(program)")
        }
        let environment = "NACELLE_WITHOUT=read-back"
        let bundle = try rig.build(try rig.scriptRelease("1.0.0", 10), as: "plain")
        let said = try rig.shell(
            "env \(environment) \(Rig.programs)/nacelle install \(bundle) "
                + "--config \(rig.path("config.yaml")) 2>&1")
        #expect(said.contains("read back: 100 %"), "\(said)")
    }
}
