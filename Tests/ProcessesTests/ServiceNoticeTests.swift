import DurableFiles
import Glibc
import TestKit
import Testing

@testable import Processes

/// What the service manager hears, over a real datagram socket.
@Suite struct ServiceNoticeTests {
    /// A datagram socket that somebody listens on.
    private final class Ear {
        let raw: Int32

        init(_ name: [UInt8]) throws {
            raw = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
            let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(raw, $0, length)
                }
            }
            try #require(bound == 0)
        }

        deinit { close(raw) }

        /// The next datagram, which is there already; `nil` for none.
        func next() -> String? {
            var buffer = [UInt8](repeating: 0, count: 8192)
            let count = recv(raw, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    private func notice(_ variables: [String: String]) -> ServiceNotice {
        ServiceNotice { variables[$0] }
    }

    @Test func `every notice arrives at a socket with a path`() throws {
        try withScratch { scratch in
            let path = scratch.path + "/notify"
            let ear = try Ear(Array(path.utf8))
            let notice = notice(["NOTIFY_SOCKET": path])
            #expect(notice.isHeard)
            notice.ready()
            #expect(ear.next() == "READY=1")
            notice.status("waiting\nfor the\u{1B}[31m window")
            #expect(ear.next() == "STATUS=waiting for the [31m window")
            notice.alive()
            #expect(ear.next() == "WATCHDOG=1")
            notice.stopping()
            #expect(ear.next() == "STOPPING=1")
            notice.extend(by: .seconds(90))
            #expect(ear.next() == "EXTEND_TIMEOUT_USEC=90000000")
            notice.reloading()
            let told = try #require(ear.next()).split(separator: "\n")
            #expect(told[0] == "RELOADING=1")
            let time = try #require(Int64(told[1].dropFirst("MONOTONIC_USEC=".count)))
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            #expect(time > 0 && time <= (Int64(now.tv_sec) + 1) * 1_000_000)
            #expect(ear.next() == nil)
        }
    }

    @Test func `a status is cut between characters`() throws {
        try withScratch { scratch in
            let path = scratch.path + "/notify"
            let ear = try Ear(Array(path.utf8))
            notice(["NOTIFY_SOCKET": path]).status("x" + String(repeating: "é", count: 3000))
            #expect(try #require(ear.next()).utf8.count == "STATUS=".utf8.count + 511)
        }
    }

    @Test func `every notice arrives at an abstract socket`() throws {
        let name = "nacelle-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let ear = try Ear([0] + Array(name.utf8))
        notice(["NOTIFY_SOCKET": "@" + name]).ready()
        #expect(ear.next() == "READY=1")
    }

    @Test(arguments: [
        nil, "", "/", "relative", "vsock:2:1", "@", "/nonexistent/socket",
        "/" + String(repeating: "x", count: 107), "/" + String(repeating: "x", count: 106),
    ])
    func `without a socket, or with a bad one, nothing is done`(name: String?) {
        let notice = notice(name.map { ["NOTIFY_SOCKET": $0] } ?? [:])
        notice.ready()
        notice.status("nobody hears")
        notice.alive()
        #expect(
            notice.isHeard
                == (name?.hasPrefix("/") == true && name!.utf8.count > 1 && name!.utf8.count < 108))
    }

    @Test func `a manager that does not listen holds nobody up for longer than its patience`()
        throws
    {
        try withScratch { scratch in
            let path = scratch.path + "/notify"
            let ear = try Ear(Array(path.utf8))
            let notice = notice(["NOTIFY_SOCKET": path])
            // More than a queue takes (net.unix.max_dgram_qlen); that it returns is the test.
            let size = try FilePlace.read("/proc/sys/net/unix/max_dgram_qlen", limit: 64)
            let most = Int(String(decoding: size.dropLast(), as: UTF8.self)) ?? 10
            for _ in 0..<min(most, 600) + 2 { notice.alive() }
            #expect(ear.next() == "WATCHDOG=1")
        }
    }

    @Test func `the watchdog's time is this process's own, and plausible`() {
        func time(_ text: String?, pid: String? = nil) -> Duration? {
            var variables: [String: String] = [:]
            variables["WATCHDOG_USEC"] = text
            variables["WATCHDOG_PID"] = pid
            return notice(variables).watchdog
        }
        #expect(time("30000000") == .seconds(30))
        #expect(time("30000000", pid: "\(getpid())") == .seconds(30))
        #expect(time("30000000", pid: "1") == nil)
        #expect(time("30000000", pid: "x") == nil)
        for text in [nil, "", "0", "999", "-5", "86400000001", "99999999999999999999", "1s"] {
            #expect(time(text) == nil)
        }
    }
}
