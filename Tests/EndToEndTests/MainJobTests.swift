import Faults
import Testing

/// The main job on the real model and the real inference program.
@Suite(.serialized) struct MainJobTests {
    @Test func `a model is installed, updated, rolled back, refused, and allowed again`() throws {
        let rig = try Rig()
        let socket = rig.path("app.sock")
        try rig.write(
            "restart",
            """
            #!/bin/sh
            [ -r \(rig.path("pid")) ] && kill "$(cat \(rig.path("pid")))" 2> /dev/null
            cd \(rig.store)/current || exit 1
            # The agent's user must be able to connect.
            umask 000
            # By its own path, so that the test finds and ends it.
            \(rig.store)/current/bin/bearing-infer --model weights/bearing.onnx \\
                --runtime lib/libonnxruntime.so --socket \(socket) > /dev/null 2>&1 < /dev/null &
            echo $! > \(rig.path("pid"))
            """, mode: 0o755)
        try rig.configure(
            """
            activation: {restart: [\(rig.path("restart"))]}
            probe: {socket: \(socket)}
            """)
        func answers(_ model: String) throws {
            try rig.shell(
                "\(Rig.checkout)/.build/venv/bin/python \(Rig.checkout)/scripts/bearing/ask.py "
                    + "\(socket) \(Rig.model)/\(model)/smoke/test_data_set_0")
        }
        let first = try rig.build(rig.release("1.0.0", 10), as: "first")
        let second = try rig.build(rig.release("1.1.0", 11, model: "1.1.0"), as: "second")

        let install = try rig.nacelle("install", first)
        #expect(install.status == 0, "\(install.output)")
        #expect(try rig.current == "slots/a")
        try answers("1.0.0")

        let update = try rig.nacelle("install", second)
        #expect(update.status == 0, "\(update.output)")
        #expect(try rig.current == "slots/b")
        #expect(try rig.state("a") == "good")
        #expect(try rig.state("b") == "good")
        try answers("1.1.0")

        #expect(try rig.nacelle("rollback").status == 0)
        #expect(try rig.current == "slots/a")
        try answers("1.0.0")
        try rig.refuses(.denied, "install", second)
        #expect(try rig.nacelle("install", "--allow-denied", second).status == 0)
        #expect(try rig.current == "slots/b")
        try answers("1.1.0")
        #expect(try rig.nacelle("verify").status == 0)
    }

    @Test func `a model that does not prove itself on this machine is refused`() throws {
        let rig = try Rig()
        #expect(
            try rig.nacelle("install", rig.build(rig.release("1.0.0", 10), as: "good")).status == 0)
        let wrong = try rig.build(
            rig.release("1.1.0", 11, model: "1.1.0", goldens: "1.0.0"), as: "wrong")
        try rig.refuses(.smokeWrongAnswer, "install", wrong)
        // Wrong answers are evidence: at once denied.
        try rig.refuses(.denied, "install", wrong)
        try rig.refuses(
            .smokeTooSlow, "install",
            rig.build(rig.release("1.1.1", 12, model: "1.1.0", limit: "1us"), as: "slow"))
        try rig.refuses(
            .smokeMemory, "install",
            rig.build(rig.release("1.1.2", 13, model: "1.1.0", memory: "16MiB"), as: "large"))
        #expect(try rig.current == "slots/a")
        #expect(try rig.nacelle("verify", "--slot", "a").status == 0)
    }

    @Test func `an install of 96 MB stays below 32 MiB of memory`() throws {
        let rig = try Rig()
        // A proof that needs next to nothing, so that the largest process is the agent itself.
        let bundle = try rig.build(
            rig.scriptRelease("1.0.0", 10, payload: 96_000_000), as: "large")
        let output = try rig.shell(
            """
            python3 - << 'END'
            import resource, subprocess
            done = subprocess.run(["\(Rig.programs)/nacelle", "install", "\(bundle)", "-q",
                                   "--config", "\(rig.path("config.yaml"))"])
            print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            END
            """)
        let words = output.split(separator: "\n").last?.split(separator: " ") ?? []
        #expect(words.first == "0", "\(output)")
        let kibibytes = try #require(words.last.flatMap { Int($0) })
        #expect(kibibytes > 1000 && kibibytes < 32 << 10, "\(output)")
    }
}
