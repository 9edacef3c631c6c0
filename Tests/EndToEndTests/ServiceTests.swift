import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// The service with the program as it ships, and what people ask of it.
struct ServiceTests {
    @Test func `a version is installed on a person's word, and nothing where there is none`() throws
    {
        let machine = try ServiceRig.folder()
        try machine.start()
        // A second service would do everything twice.
        let second = try machine.rig.nacelle("run")
        #expect(second.status == FaultCode.busy.exitStatus, "\(second.output)")
        #expect(second.output.contains("A service looks after this store already"))

        try machine.update(expecting: "nothing")
        try machine.publish("1.1.0", 11)
        try machine.update(expecting: "good")
        #expect(try machine.running == "1.1.0")
        #expect(try machine.rig.status()["state"] == .string("good"))
        #expect(try machine.rig.status()["service"]?["running"] == .bool(true))
        let page = try machine.rig.nacelle("status").output
        #expect(page.contains("service    running, asked "), "\(page)")
        // What was good once is not told as the outcome of a later look.
        try machine.update(expecting: "nothing")
        #expect(try machine.times("good", "1.1.0") == 1)
        try machine.stop()
        let dead = try machine.rig.nacelle("status").output
        #expect(dead.contains("service    not running"), "\(dead)")
    }

    @Test func `without a service the command does the work itself`() throws {
        let machine = try ServiceRig.folder()
        try machine.publish("1.1.0", 11)
        try machine.update(expecting: "good")
        #expect(try machine.running == "1.1.0")
        try machine.update(expecting: "nothing")
        #expect(try machine.processes() == [])
        // What cannot be asked is no “nothing”.
        try machine.configure(repository: machine.rig.path("no-such-folder"))
        let answer = try machine.rig.nacelle("update")
        #expect(answer.status != 0, "\(answer.output)")
    }

    @Test func `a version that fails its probation is left, denied, and not tried again`() throws {
        let machine = try ServiceRig.folder()
        try machine.publish("1.1.0", 11)
        try machine.rig.write("sick", "")
        try machine.start()
        try machine.update(
            expecting: "fallen-back", status: FaultCode.probationFailed.exitStatus)
        #expect(try machine.running == "1.0.0")
        for _ in 0..<3 { try machine.look() }
        #expect(try machine.times("swapped", "1.1.0") == 1)
        try machine.update(expecting: "nothing")
        let page = try machine.rig.nacelle("status").output
        #expect(page.contains("denied     1.1.0"), "\(page)")
        #expect(page.contains("evidence   of version 1.1.0"), "\(page)")
        // A later one is welcome.
        try machine.rig.shell("rm \(machine.rig.path("sick"))")
        try machine.publish("1.2.0", 12)
        try machine.look()
        try machine.waitUntilGood("1.2.0")
    }

    @Test func `a person's yes is waited for, and a no is kept`() throws {
        let machine = try ServiceRig.folder("confirm: true")
        try machine.publish("1.1.0", 11)
        try machine.start()
        try machine.look()
        try machine.wait("it waits for a person") { machine.state == "waiting" }
        let page = try machine.rig.nacelle("status").output
        #expect(page.contains("nacelle confirm, or nacelle refuse"), "\(page)")
        #expect(try machine.rig.state("b") == nil)
        #expect(try machine.rig.nacelle("confirm").status == 0)
        try machine.waitUntilGood("1.1.0")

        try machine.publish("1.2.0", 12)
        try machine.look()
        try machine.wait("it waits for a person") { machine.state == "waiting" }
        // The word is heard also by a service that starts later.
        try machine.stop()
        let refused = try machine.rig.nacelle("refuse", "--reason", "not this month")
        #expect(refused.output.contains("it is told when it starts"), "\(refused.output)")
        try machine.start()
        try machine.wait("it is called off") { machine.view?.text("outcome") == "cancelled" }
        for _ in 0..<2 { try machine.look() }
        #expect(machine.reasons.contains("offered again"), "\(machine.reasons)")
        #expect(try machine.running == "1.1.0")
        // The no was said to this version, not to the next.
        try machine.publish("1.3.0", 13)
        try machine.wait("a yes to the next is waited for") {
            if machine.view?.text("version") != "1.3.0" { try machine.look() }
            return machine.reasons.contains("a person is to say yes")
        }
        #expect(try machine.times("swapped", "1.2.0") == 0)
        try machine.update(expecting: "good")
        #expect(try machine.running == "1.3.0")
    }

    @Test func `a closed window holds back the swap but no person, and an inhibitor both`() throws {
        // Three days from now it is open, for an hour.
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let today = Int((Int64(time(nil)) / 86_400 + 4) % 7)
        let window = #"windows: ["\#(days[(today + 3) % 7]) 12:00-13:00 UTC"]"#
        let machine = try ServiceRig.folder(window)
        try machine.publish("1.1.0", 11)
        try machine.start()
        try machine.look()
        try machine.wait("it waits for the window") {
            machine.state == "waiting" && machine.reasons.contains("outside the windows")
        }
        #expect(try machine.rig.state("b") == "ready")
        let page = try machine.rig.nacelle("status").output
        #expect(page.contains("version 1.1.0 waits: outside the windows"), "\(page)")
        try machine.update(expecting: "good")
        #expect(try machine.running == "1.1.0")

        let busy = machine.rig.path("busy")
        try machine.rig.write("busy", "")
        try machine.configure("\(window), inhibitors: [{file: \(busy)}]")
        try machine.reload()
        try machine.publish("1.2.0", 12)
        try machine.update(expecting: "waiting")
        #expect(machine.reasons.contains(busy), "\(machine.reasons)")
        #expect(try machine.running == "1.1.0")
        #expect(try machine.rig.state("a") == "ready")
        try machine.rig.shell("rm \(busy)")
        try machine.reload()
        // The person's word still passes the window.
        try machine.waitUntilGood("1.2.0")
    }

    @Test func `a mistake in the configuration is told on reload, and not taken over`() throws {
        let machine = try ServiceRig.folder()
        try machine.start()
        try machine.configure("stall: never")
        try machine.reload()
        try machine.wait("the mistake is told") {
            machine.log.contains("The configuration is not taken over: ")
        }
        #expect(machine.state == "idle")
        try machine.configure()
        try machine.reload()
        try machine.publish("1.1.0", 11)
        try machine.update(expecting: "good")
    }

    @Test func `what is saved of an update and cannot be read is begun anew`() throws {
        let machine = try ServiceRig.folder()
        try machine.start()
        try machine.stop()
        for bytes in ["{\"format\": 1, \"state\": \"good", "\\000\\377", "{}"] {
            try machine.rig.shell("printf '\(bytes)' > \(machine.rig.store)/state/update.json")
            try machine.rig.shell("rm \(machine.rig.path("background.log"))")
            try machine.start()
            #expect(machine.log.contains("begun anew"), "\(machine.log)")
            try machine.stop()
        }
        try machine.publish("1.1.0", 11)
        try machine.start()
        try machine.update(expecting: "good")
    }

    @Test func `a step that hangs is ended, told, and taken up again`() throws {
        let machine = try ServiceRig.folder()
        try machine.publish("1.1.0", 11)
        let silent = try SilentServer()
        try machine.configure(
            "stall: 10s", repository: "http://127.0.0.1:\(silent.port)/",
            more: "transfer: {plain-http: true}")
        try machine.start()
        try machine.look()
        #expect(machine.view?.text("problem")?.contains("it said nothing for 10 s") == true)
        let page = try machine.rig.nacelle("status").output
        #expect(page.contains("cannot ask: The look step was lost"), "\(page)")
        #expect(try machine.processes().count == 1)

        // The same with what the step itself has started.
        try machine.configure(
            "stall: 10s",
            activation: "restart: [/bin/true], before: [/bin/sleep, '71.75'], hook-timeout: 60s")
        try machine.reload()
        try machine.look()
        try machine.wait("the hook is waited for no longer") {
            machine.state == "waiting" && machine.reasons.contains("said nothing for 10 s")
        }
        #expect(try machine.rig.shell("pgrep -f 'sleep 71[.]75' || true") == "")
        #expect(try machine.processes().count == 1)
        #expect(try machine.rig.state("b") == "ready")
        try machine.configure("stall: 10s")
        try machine.reload()
        try machine.waitUntilGood("1.1.0")
    }
}

/// A port of this machine where connections are taken and nobody ever answers.
final class SilentServer {
    let port: UInt16
    private let socket: Int32

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let holder = socket
        let works = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(holder, address, length) == 0 && getsockname(holder, address, &length) == 0
                    && listen(holder, 64) == 0
            }
        }
        port = UInt16(bigEndian: place.sin_port)
        guard works else { throw Fault(.internalError, "no port to listen on") }
    }

    deinit { close(socket) }
}
