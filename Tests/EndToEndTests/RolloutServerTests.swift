import DurableFiles
import Faults
import Fleet
import Processes
import StrictJSON
import TestKit
import Testing

/// The programs as they ship, with a rollout server: a strict double, and gooseBit itself.
@Suite(.serialized) struct RolloutServerTests {
    /// A machine whose server is known.
    private func configure(
        _ rig: Rig, _ server: String, token: String = "s3cr3t", more: String = "",
        transfer: String = "{plain-http: true, attempts: 3}"
    ) throws {
        try rig.write("target.token", token + "\n", mode: 0o600)
        try rig.configure(
            """
            fleet:
              server: \(server)
              token: {target: \(rig.path("target.token"))}
              attributes: {site: north-3}
            transfer: \(transfer)
            \(more)
            """)
    }

    /// One contact, which must work.
    private func contact(_ rig: Rig) throws -> JSONValue {
        let answer = try rig.nacelle("contact", "--json")
        guard answer.status == 0 else { throw Fault(.internalError, answer.output) }
        let line = answer.output.split(separator: "\n").last ?? ""
        return try JSONReader.read(Array(line.utf8), limits: JSONLimits(bytes: 1 << 20))
    }

    /// What a service would report.
    private func report(_ rig: Rig, _ report: Report) throws {
        let path = rig.store + "/state/outbox"
        try Outbox(try Directory.open(path: path)).add(report)
        try rig.shell("chown -R daemon: \(path)")
    }

    private func install(_ rig: Rig, expecting status: Int32 = 0) throws {
        let answer = try rig.nacelle("install", "--offer")
        #expect(answer.status == status, "\(answer.output)")
    }

    @Test func `an offer is kept, installed, reported, and over`() throws {
        let rig = try Rig()
        try rig.shell("mkdir \(rig.path("tls"))")
        let certificates = try TestCertificates(in: rig.path("tls"))
        let double = try DDIDouble(certificates)
        try configure(
            rig, double.poll, transfer: "{authorities: \(certificates.path("ca")), attempts: 3}")
        let bundle = try rig.build(rig.scriptRelease("1.0.0", 1), as: "one")
        func script(_ file: String, _ id: String = "8") throws {
            try double.script(
                """
                {"root": "\(rig.place)", "token": "TargetToken s3cr3t", "deployment":
                  {"id": "\(id)", "update": "forced", "chunks": [{"name": "bearing",
                    "version": "1.0.0", "artifacts": [{"file": "\(file)"}]}]}}
                """)
        }
        try rig.refuses(.notFound, "install", "--offer")
        try script("one.nacelle")
        let offered = try contact(rig)
        #expect(offered["event"] == .string("contact"))
        #expect(offered["verdict"] == .string("offer") && offered["action"] == .string("8"))
        #expect(offered["sleep"] == .number("300"))
        #expect(offered["offer"]?["update"] == .string("forced"))
        #expect(try rig.shell("stat -c %U \(rig.store)/state/offer.json").hasPrefix("daemon"))
        #expect(try double.seen()["attributes"]?["site"] == .string("north-3"))
        #expect(try double.seen()["attributes"]?["health"] == .string("empty"))
        try install(rig)
        #expect(try rig.current == "slots/a")
        try report(rig, .final(action: "8", success: true, details: ["probation passed"]))
        let over = try contact(rig)
        #expect(over["verdict"] == .string("nothing") && over["delivered"] == .number("1"))
        #expect(try double.seen()["closed"]?["8"] == .array([.string("success")]))
        #expect(try double.seen()["attributes"]?["sw_version"] == .string("1.0.0"))
        #expect(try double.seen()["flaws"] == .array([]))
        // What is offered no more cannot be installed any more.
        #expect(try rig.shell("ls \(rig.store)/state").contains("offer.json") == false)
        try rig.refuses(.notFound, "install", "--offer")
        // Once more under another number: it runs already.
        try script("one.nacelle", "9")
        #expect(try contact(rig)["action"] == .string("9"))
        try install(rig)
        // And wrapped, from a file.
        try rig.bundle(
            "wrap", "--swu", bundle, "-o", rig.path("one.swu"), "--hardware", "turbine-gateway:2")
        let wrapped = try rig.nacelle("install", rig.path("one.swu"))
        #expect(wrapped.status == 0, "\(wrapped.output)")
        let words = try rig.nacelle("contact")
        #expect(words.output.contains("forced") && words.output.contains("install --offer"))
        #expect(!words.output.contains("s3cr3t"))
    }

    @Test func `a version that failed here is refused when it is offered again`() throws {
        let rig = try Rig()
        let double = try DDIDouble()
        try configure(rig, double.poll)
        for (version, counter) in [("1.0.0", 1), ("1.1.0", 2)] {
            try rig.build(rig.scriptRelease(version, counter), as: version)
            try double.script(
                """
                {"root": "\(rig.place)", "deployment": {"id": "\(counter)", "chunks": [{"name":
                  "bearing", "version": "\(version)", "artifacts": [{"file": "\(version).nacelle"}]}]}}
                """)
            #expect(try contact(rig)["verdict"] == .string("offer"))
            try install(rig)
        }
        #expect(try rig.nacelle("rollback").status == 0)
        #expect(try contact(rig)["verdict"] == .string("offer"))
        try rig.refuses(.denied, "install", "--offer")
    }

    @Test func `a version gone back to by hand is declared to the server`() throws {
        let rig = try Rig()
        let double = try DDIDouble()
        try configure(rig, double.poll)
        for (version, counter) in [("1.0.0", 1), ("1.1.0", 2)] {
            let bundle = try rig.build(rig.scriptRelease(version, counter), as: version)
            #expect(try rig.nacelle("install", bundle).status == 0)
        }
        try double.script("{\"root\": \"\(rig.place)\"}")
        #expect(try contact(rig)["verdict"] == .string("nothing"))
        #expect(try rig.nacelle("rollback").status == 0)
        let told = try contact(rig)
        #expect(told["delivered"] == .number("1") && told["problems"] == .array([]))
        #expect(try double.seen()["installed"]?["name"] == .string("bearing"))
        #expect(try double.seen()["installed"]?["version"] == .string("1.0.0"))
        #expect(try contact(rig)["delivered"] == .number("0"))
    }

    @Test func `the cheapest of the offered files is taken, and nothing dearer in its place`()
        throws
    {
        let rig = try Rig()
        let double = try DDIDouble()
        try configure(rig, double.poll)
        try rig.shell("head -c 300000 /dev/urandom > \(rig.path("big"))")
        for (version, counter) in [("1.0.0", 1), ("1.1.0", 2)] {
            try rig.shell("printf \(version) | dd of=\(rig.path("big")) conv=notrunc seek=999 2>&1")
            try rig.build(
                rig.scriptRelease(version, counter, payload: 1000).replacing(
                    "tree:", with: "tree:\n  - {from: \(rig.path("big")), to: weights/big.bin}"),
                as: version)
        }
        try rig.bundle([
            "delta", rig.path("1.0.0.nacelle"), rig.path("1.1.0.nacelle"), "-o",
            rig.path("d.nacelle"), "--root", rig.path("root.json"), "--sign", rig.path("a.key"),
            "--sign", rig.path("b.key"), "--key", rig.path("device.key"), "--recipient",
            rig.path("device.pub"),
        ])
        func offer(_ files: String...) throws {
            let list = files.map { "{\"file\": \"\($0)\"}" }.joined(separator: ", ")
            try double.script(
                """
                {"root": "\(rig.place)", "deployment": {"id": "8", "chunks":
                  [{"name": "bearing", "version": "1", "artifacts": [\(list)]}]}}
                """)
            #expect(try contact(rig)["verdict"] == .string("offer"))
        }
        try offer("1.0.0.nacelle")
        try install(rig)
        // The list names a delta that the server does not have.
        try offer("1.1.0.nacelle", "1.1.0.nacelle.deltas")
        let missing = try rig.nacelle("install", "--offer", "--form", "delta", "--json")
        #expect(missing.status == FaultCode.notFound.exitStatus, "\(missing.output)")
        #expect(try rig.current == "slots/a")
        try offer("d.nacelle", "1.1.0.nacelle.deltas", "1.1.0.nacelle")
        let answer = try rig.nacelle("install", "--offer", "--json")
        #expect(answer.status == 0, "\(answer.output)")
        let plan = try #require(answer.event("plan"))
        #expect(try #require(plan.number("fetch")) < 100_000, "\(answer.output)")
        #expect(try rig.current == "slots/b")
        #expect(try double.seen()["flaws"] == .array([]))
    }

    @Test func `mutual TLS alone opens a server, and a wrong token is told as such`() throws {
        let rig = try Rig()
        try rig.shell("mkdir \(rig.path("tls"))")
        let certificates = try TestCertificates(in: rig.path("tls"))
        let double = try DDIDouble(certificates, demandsCertificate: true)
        try double.script("{\"root\": \"\(rig.place)\"}")
        try rig.shell("chmod 600 \(certificates.key("client"))")
        try rig.configure(
            """
            fleet: {server: "\(double.poll)"}
            transfer:
              authorities: \(certificates.path("ca"))
              client-certificate: \(certificates.path("client"))
              client-key: \(certificates.key("client"))
            """)
        #expect(try rig.nacelle("config", "check").status == 0)
        #expect(try contact(rig)["verdict"] == .string("nothing"))
        try double.script("{\"root\": \"\(rig.place)\", \"token\": \"TargetToken other\"}")
        let closed = try rig.nacelle("contact")
        #expect(closed.status == FaultCode.serverRefused.exitStatus)
        #expect(closed.output.contains("does not let this machine in"), "\(closed.output)")
    }

    @Test func `without a rollout server a contact asks the repository`() throws {
        let rig = try Rig()
        let answer = try rig.nacelle("contact")
        #expect(answer.status == FaultCode.configuration.exitStatus)
        #expect(answer.output.contains("repository"), "\(answer.output)")
    }

    @Test func `gooseBit rolls a wrapped bundle out, and hears the truth`() throws {
        let rig = try Rig()
        let goose = try GooseBit(rig)
        try configure(rig, goose.poll("turbine-7"))
        // Strict: nobody is let in who is not known.
        let stranger = try rig.nacelle("contact")
        #expect(stranger.status == FaultCode.serverRefused.exitStatus, "\(stranger.output)")
        try goose.call(
            "PUT", "devices",
            json: #"{"devices": ["turbine-7"], "auth_token": "s3cr3t", "feed": "default"}"#)
        #expect(try contact(rig)["verdict"] == .string("nothing"))
        #expect(try goose.device("turbine-7")["hardware"]?["model"] == .string("turbine-gateway"))

        // Plain bundles it does not take.
        try rig.build(rig.scriptRelease("1.0.0", 1), as: "1.0.0")
        #expect(throws: Fault.self) { try goose.upload(rig.path("1.0.0.nacelle")) }
        for (version, counter) in [("1.0.0", 1), ("1.1.0", 2)] {
            if counter > 1 { try rig.build(rig.scriptRelease(version, counter), as: version) }
            try rig.bundle(
                "wrap", "--swu", rig.path("\(version).nacelle"), "-o", rig.path("\(version).swu"),
                "--hardware", "turbine-gateway:default")
            let id = try goose.upload(rig.path("\(version).swu"))
            try goose.call(
                "PUT", "rollouts",
                json: #"{"name": "\#(version)", "feed": "default", "software_id": \#(id)}"#)
            let offered = try contact(rig)
            #expect(offered["verdict"] == .string("offer"), "\(offered.compactText)")
            #expect(offered["offer"]?["version"] == .string(version))
            #expect(offered["sleep"] == .number("45"))
            let action = "\(id)"
            try report(rig, .step(.proceeding, action: action))
            try report(rig, .progress(action: action, done: 4, of: 10, text: "Downloaded 40%"))
            #expect(try contact(rig)["delivered"] == .number("2"))
            #expect(try goose.device("turbine-7")["last_state"] == .string("Running"))
            #expect(try goose.device("turbine-7")["progress"] == .number("40"))
            try install(rig)
            try report(rig, .final(action: action, success: true, details: ["probation passed"]))
            let over = try contact(rig)
            #expect(over["delivered"] == .number("1"))
            #expect(over["verdict"] == .string("nothing"), "\(over.compactText)")
            let device = try goose.device("turbine-7")
            #expect(device["last_state"] == .string("Finished"))
            #expect(device["sw_version"] == .string(version))
            #expect(try goose.counts(version) == ["1", "0"])
        }

        // Pausing the newest rollout offers what was before it; gooseBit knows no floor.
        guard case .array(let rollouts)? = try goose.call("GET", "rollouts", "")["rollouts"],
            let newest = rollouts.first(where: { $0["name"] == .string("1.1.0") }),
            case .number(let id)? = newest["id"]
        else {
            Issue.record("no rollouts")
            return
        }
        try goose.call("PATCH", "rollouts", json: #"{"ids": [\#(id)], "paused": true}"#)
        let older = try contact(rig)
        #expect(older["offer"]?["version"] == .string("1.0.0"), "\(older.compactText)")
        guard case .string(let action)? = older["action"] else { return }
        try rig.refuses(.downgrade, "install", "--offer")
        try report(
            rig, .final(action: action, success: false, code: 14, details: ["it is older"]))
        #expect(try contact(rig)["verdict"] == .string("nothing"))
        #expect(try goose.device("turbine-7")["last_state"] == .string("Error"))
        #expect(try goose.counts("1.0.0") == ["1", "1"])
    }
}
