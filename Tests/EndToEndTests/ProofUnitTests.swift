import Faults
import Glibc
import StrictJSON
import Testing

/// A store's owner who is not root, and the root-owned unit that proves slots for him.
///
/// systemd is a script here: the owner's `systemctl` asks over a pipe, and root answers, knowing two
/// units and two verbs.
@Suite(.serialized) struct ProofUnitTests {
    private let rig: Rig

    init() throws {
        rig = try Rig()
        try rig.configure()
        try rig.write(
            "config.yaml",
            """
            machine: test-rig
            store: \(rig.store)
            root: \(rig.place)/root.json
            device-key: \(rig.place)/device.key
            smoke: {user: nobody, runtime-directory: \(rig.place)/run, unit: nacelle-prove@.service}
            """)
        // What the owner may run, as he may not enter every checkout.
        try rig.shell(
            """
            cd \(rig.place)
            cp -L \(Rig.programs)/nacelle nacelle
            mkdir sbin && mkfifo ask answer && chown daemon ask answer device.key
            mkdir store && chown daemon:daemon store
            """)
        try rig.write(
            "sbin-systemctl",
            """
            #!/bin/sh
            cd \(rig.place)
            case "$*" in
            "--no-ask-password start nacelle-prove@"[ab].service) ;;
            "--no-ask-password stop nacelle-prove@"[ab].service) ;;
            *) echo "unknown call: $*" >&2; exit 99 ;;
            esac
            echo "$2 $3" > ask
            [ "$2" = stop ] && exit 0
            read -r status < answer
            exit "$status"
            """, mode: 0o755)
        try rig.shell("mv \(rig.path("sbin-systemctl")) \(rig.path("sbin/systemctl"))")
        // Root's side. A start runs in the background, so that a stop can end it.
        try rig.write(
            "manager",
            """
            #!/bin/sh
            cd \(rig.place)
            exec 3<> ask 4<> answer
            while read -r verb unit <&3; do
                echo "$verb $unit" >> managed
                slot=${unit#nacelle-prove@}; slot=${slot%.service}
                case $verb in
                start) (sh -c 'echo $$ > proof.pid; exec "$0" "$@"' \(rig.place)/nacelle prove "$slot" \
                            --config config.yaml > proof.log 2>&1; echo $? >&4) & ;;
                stop) kill "$(cat proof.pid)" ;;
                esac
            done
            """, mode: 0o755)
    }

    /// The command line by which the owner runs `nacelle`, with his `systemctl` found first.
    private func asOwner(_ arguments: String) -> String {
        "unshare -m sh -c 'mount --bind \(rig.place)/sbin /usr/local/sbin && exec setpriv "
            + "--reuid=daemon --regid=daemon --clear-groups -- \(rig.place)/nacelle \(arguments) "
            + "--config \(rig.path("config.yaml"))'"
    }

    @Test func `the owner has a slot proved by root, and gets its words`() throws {
        let manager = try Background(rig.path("manager"), [])
        let good = try rig.build(
            rig.scriptRelease("1.0.0", 10, script: "[ $(id -un) = nobody ]"), as: "good")
        let prepared = try rig.shell(asOwner("install --prepare \(good)") + " 2>&1")
        #expect(prepared.contains("stands ready in slot a"), "\(prepared)")
        #expect(try rig.state("a") == "ready")
        #expect(try rig.status()["slots"]?["a"]?["smoke"]?["isolation"] == .string("full"))
        #expect(try rig.shell("stat -c %U \(rig.store)/records/a.json") == "daemon\n")
        #expect(try rig.shell(asOwner("activate") + " 2>&1").contains("is good"))

        let bad = try rig.build(
            rig.scriptRelease("1.1.0", 11, script: "echo no license; exit 3"), as: "bad")
        let refused = try rig.shell(
            asOwner("install --prepare \(bad)") + " 2>&1; echo status $?")
        #expect(refused.contains("status \(FaultCode.smokeFailed.exitStatus)"), "\(refused)")
        #expect(refused.contains("no license"), "\(refused)")
        #expect(try rig.state("b") == "bad")
        #expect(try rig.shell("cat \(rig.path("managed"))").contains("start nacelle-prove@b"))
        _ = consume manager
    }

    @Test func `a signal stops the unit, and the next attempt goes on from the filled slot`() throws
    {
        let manager = try Background(rig.path("manager"), [])
        let slow = try rig.build(
            rig.scriptRelease("1.0.0", 10, script: "sleep 72.5", deadline: "90s"), as: "slow")
        var child = try Background(
            "/bin/sh", ["-c", "exec " + asOwner("install --prepare \(slow)")],
            log: rig.path("background.log"))
        try rig.wait { try rig.shell("pgrep -f 'sleep 72[.]5' || true") != "" }
        child.terminate()
        #expect(try child.exit() == FaultCode.cancelled.exitStatus)
        try rig.wait { try rig.shell("pgrep -f 'sleep 72[.]5' || true") == "" }
        #expect(try rig.shell("cat \(rig.path("managed"))").contains("stop nacelle-prove@a"))
        #expect(try rig.state("a") == "filled")
        _ = consume manager
    }

    @Test func `what the owner wrote is not believed by root`() throws {
        let bundle = try rig.build(rig.scriptRelease("1.0.0", 10), as: "x")
        // Nobody answers for the unit: it cannot be started, and that is said.
        try rig.write("sbin-systemctl", "#!/bin/sh\necho 'Access denied'\nexit 1\n", mode: 0o755)
        try rig.shell("mv \(rig.path("sbin-systemctl")) \(rig.path("sbin/systemctl"))")
        let denied = try rig.shell(
            asOwner("install --prepare \(bundle)") + " 2>&1; echo status $?")
        #expect(denied.contains("status \(FaultCode.isolationUnavailable.exitStatus)"), "\(denied)")
        #expect(denied.contains("Access denied"), "\(denied)")
        #expect(try rig.state("a") == "filled")

        // While a slot is proved nobody fills it, and the other way round.
        try rig.shell("touch \(rig.store)/state/proving.lock")
        let held = try rig.shell(
            "flock \(rig.store)/state/proving.lock -c '\(Rig.programs)/nacelle prove a --config "
                + "\(rig.path("config.yaml"))' 2>&1; echo status $?")
        #expect(held.contains("status \(FaultCode.busy.exitStatus)"), "\(held)")

        // Another tree than the signed one is refused, whatever the record says.
        let store = rig.store
        try rig.shell("cp -a \(store) \(store).good; echo x >> \(store)/slots/a/bin/prove")
        let altered = try rig.nacelle("prove", "a")
        #expect(altered.status == FaultCode.readBack.exitStatus, "\(altered.output)")
        // An envelope that the root of trust did not sign is refused, whatever digest stands there.
        try rig.shell("rm -r \(store); cp -a \(store).good \(store)")
        try rig.shell(
            """
            python3 - << 'END'
            import base64, hashlib, json
            path = "\(store)/records/a.envelope"
            envelope = json.load(open(path))
            payload = base64.b64decode(envelope["payload"]).replace(b"20000", b"20001", 1)
            envelope["payload"] = base64.b64encode(payload).decode()
            data = json.dumps(envelope).encode()
            open(path, "wb").write(data)
            path = "\(store)/records/a.json"
            record = json.load(open(path))
            record["envelope"] = hashlib.sha256(data).hexdigest()
            json.dump(record, open(path, "w"))
            END
            """)
        let forged = try rig.nacelle("prove", "a")
        #expect(forged.status == FaultCode.untrusted.exitStatus, "\(forged.output)")
        // Without the digest there is none.
        try rig.shell("rm \(store)/records/a.envelope")
        #expect(try rig.nacelle("prove", "a").status == FaultCode.storeDamaged.exitStatus)
        // As it was, it is proved; and then there is nothing more to prove.
        try rig.shell("rm -r \(store); cp -a \(store).good \(store)")
        #expect(try rig.nacelle("prove", "a").status == 0)
        #expect(try rig.state("a") == "ready")
        #expect(try rig.nacelle("prove", "a").status == FaultCode.notFound.exitStatus)
        #expect(try rig.nacelle("prove", "c").status == 64)
    }
}
