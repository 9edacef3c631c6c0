import Faults
import Glibc

/// Two network namespaces joined by a wire: in `far` stand servers, in `near` runs the agent.
///
/// Nothing else is in them, so addresses, names and losses are the test's own. They go with their
/// owner, and with them what still runs there.
final class Wire {
    /// The servers' addresses.
    static let far = "10.77.0.1"
    static let farSix = "fd00:77::1"
    /// An address of the wire's network that nobody has.
    static let nobodySix = "fd00:77::99"

    let farSpace: String
    let nearSpace: String
    private let rig: Rig

    /// Makes them, and has the rig's programs run near from now on.
    ///
    /// - Parameter rig: the machine.
    /// - Throws: a `Fault` where they cannot be made.
    init(_ rig: Rig) throws {
        for tool in ["ip", "tc", "nft"]
        where access("/usr/sbin/\(tool)", X_OK) != 0 && access("/sbin/\(tool)", X_OK) != 0 {
            throw Fault(.notFound, "\(tool) is missing: run scripts/prepare test.")
        }
        self.rig = rig
        let name = "nacelle-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        farSpace = name + "-far"
        nearSpace = name + "-near"
        try rig.shell(
            """
            set -e
            ip netns add \(farSpace)
            ip netns add \(nearSpace)
            ip link add wire netns \(farSpace) type veth peer name wire netns \(nearSpace)
            for space in \(farSpace):1 \(nearSpace):2; do
                inside="ip -n ${space%:*}"
                $inside link set lo up
                # Packets of the wire's own size, not those that a kernel hands itself.
                $inside link set wire gso_max_segs 1 up
                $inside address add 10.77.0.${space#*:}/24 dev wire
                $inside address add fd00:77::${space#*:}/64 dev wire nodad
            done
            """)
        rig.space = nearSpace
    }

    deinit {
        rig.space = nil
        _ = try? rig.shell(
            """
            for space in \(farSpace) \(nearSpace); do
                for process in $(ip netns pids $space); do kill -9 $process; done
                ip netns delete $space
                rm -rf /etc/netns/$space
            done
            """)
    }

    /// Starts a program in the far space.
    func startFar(_ words: String..., log: String) throws -> Background {
        try Background("/bin/ip", ["netns", "exec", farSpace] + words, log: log)
    }

    /// Lets through so much both ways, such as `40kbit`.
    func limit(to rate: String) throws {
        try both {
            "tc -n \($0) qdisc replace dev wire root tbf rate \(rate) burst 3000 limit 30000"
        }
    }

    /// Loses so many of a hundred packets, both ways, by chance.
    func lose(percent: Int) throws {
        try mend()
        try both { space in
            """
            ip netns exec \(space) nft 'table inet loss { chain arriving {
                type filter hook input priority 0;
                iif lo accept
                numgen random mod 100 < \(percent) drop
            }
            }'
            """
        }
    }

    /// Neither limit nor loss.
    func mend() throws {
        try both { space in
            """
            tc -n \(space) qdisc delete dev wire root 2>/dev/null || true
            ip netns exec \(space) nft flush ruleset
            """
        }
    }

    /// Takes the wire out, or puts it in again.
    func plug(_ isIn: Bool) throws {
        try rig.shell(
            """
            ip -n \(farSpace) link set wire \(isIn ? "up" : "down")
            [ \(isIn) = false ] || ip -n \(farSpace) address replace \(Wire.farSix)/64 dev wire nodad
            """)
    }

    /// Says who knows names near: the lines of a `resolv.conf`.
    func resolve(by lines: String) throws {
        try rig.shell(
            """
            mkdir -p /etc/netns/\(nearSpace)
            printf '%s\\n' '\(lines)' > /etc/netns/\(nearSpace)/resolv.conf
            """)
    }

    private func both(_ line: (String) -> String) throws {
        for space in [farSpace, nearSpace] { try rig.shell(line(space)) }
    }
}
