import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// A download that is cut at every percent of it.
@Suite(.serialized) struct CutTests {
    /// As many machines at once, each with a store of its own.
    private static let together = 10
    private static let cuts = Array(1...100)

    /// Has a hundred machines install, each cut at another percent.
    ///
    /// - Parameters:
    ///   - far: the machines' files, and the server.
    ///   - attempts: how often each tries.
    ///   - each: told of each machine: its percent, how its install ended, and what runs that install
    ///     again.
    /// - Throws: a `Fault` where a tool fails.
    private func cutEach(
        _ far: FarRig, attempts: Int, each: (Int, Int32, () throws -> Rig.Answer) throws -> Void
    ) throws {
        let rig = far.rig
        let size = try far.net.size(far.net.path(FarRig.bundle))
        let store = rig.store
        try far.net.configure(
            more: FarRig.patience.replacing("attempts: 2", with: "attempts: \(attempts)"))
        func configuration(_ percent: Int) -> String { rig.path("config-\(percent).yaml") }
        func place(_ percent: Int) -> String { rig.path("store-\(percent)") }
        func install(_ percent: Int) -> [String] {
            let prefix = "every~cut~\(size * Int64(percent) / 100)~\(attempts)"
            let address = FarServer.address(prefix, FarRig.bundle)
            return ["install", "--json", address, "--config", configuration(percent)]
        }
        for batch in stride(from: 0, to: CutTests.cuts.count, by: CutTests.together) {
            let percents = CutTests.cuts.dropFirst(batch).prefix(CutTests.together)
            for percent in percents {
                try rig.shell(
                    """
                    cp -a \(rig.path("before")) \(place(percent))
                    sed 's#^store: .*#store: \(place(percent))#' \(rig.path("config.yaml")) \
                    > \(configuration(percent))
                    """)
            }
            let children = Children()
            for percent in percents { try children.start(rig.words("nacelle", install(percent))) }
            for percent in percents {
                let status = try children.next()
                rig.store = place(percent)
                try each(percent, status) { try rig.run("nacelle", install(percent)) }
                try far.endedWell("cut at \(percent) %")
                try rig.shell("rm -rf \(place(percent))")
            }
            rig.store = store
        }
    }

    /// What may come beside the bundle's own bytes: an opening and the window that is in flight.
    private static let most = InterruptionTests.window + NetworkTests.opening

    @Test func `cut at every percent an install goes on by itself, and little comes twice`() throws
    {
        let far = try FarRig(weights: 6_000_000)
        let size = try far.net.size(far.net.path(FarRig.bundle))
        try cutEach(far, attempts: 3) { percent, status, _ in
            #expect(status == 0, "cut at \(percent) %")
        }
        usleep(200_000)
        let totals = try far.server.totals()
        print("cut at each percent: \(totals.values.max() ?? 0) bytes at most, of \(size)")
        for percent in CutTests.cuts {
            let sent = totals["every~cut~\(size * Int64(percent) / 100)~3"] ?? 0
            #expect(
                sent >= size / 2 && sent <= size + CutTests.most,
                "\(percent) %: \(sent) of \(size)")
        }
    }

    @Test func `cut at every percent and given up, the next attempt fetches the rest alone`() throws
    {
        let far = try FarRig(weights: 6_000_000)
        let size = try far.net.size(far.net.path(FarRig.bundle))
        var ended = 0
        try cutEach(far, attempts: 1) { percent, status, again in
            // What is cut behind the last byte that was needed has ended well.
            if status == 0 {
                ended += 1
                return
            }
            #expect(status == FaultCode.network.exitStatus, "cut at \(percent) %: \(status)")
            try far.unharmed("cut at \(percent) %")
            let answer = try again()
            #expect(answer.status == 0, "cut at \(percent) %: \(answer.output)")
        }
        #expect(ended <= 3, "\(ended) installs were not cut")
        usleep(200_000)
        let totals = try far.server.totals()
        print("given up at each percent: \(totals.values.max() ?? 0) bytes at most, of \(size)")
        for percent in CutTests.cuts {
            let sent = totals["every~cut~\(size * Int64(percent) / 100)~1"] ?? 0
            #expect(
                sent <= size + CutTests.most + NetworkTests.opening,
                "\(percent) %: \(sent) of \(size)")
        }
    }
}

/// Programs that run at once, and end in the order in which they are asked for.
private final class Children {
    private var pids: [pid_t] = []

    deinit {
        for pid in pids {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
    }

    func start(_ words: [String]) throws {
        let child = try Background(words[0], Array(words[1...]))
        pids.append(child.release())
    }

    func next() throws -> Int32 {
        var raw: Int32 = 0
        let pid = pids.removeFirst()
        guard waitpid(pid, &raw, 0) == pid, raw & 0x7F == 0 else {
            throw Fault(.internalError, "the program did not end by itself: \(raw)")
        }
        return raw >> 8 & 0xFF
    }
}
