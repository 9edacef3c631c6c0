import Faults
import Glibc

/// A program in the background, which a test interrupts or kills.
struct Background: ~Copyable {
    private let pid: pid_t
    private var status: Int32?

    init(_ program: String, _ arguments: [String], log: String = "/dev/null") throws {
        var pid: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for number: Int32 in [0, 1, 2] {
            posix_spawn_file_actions_addopen(
                &actions, number, number == 0 ? "/dev/null" : log, O_RDWR | O_CREAT | O_APPEND,
                0o600)
        }
        guard posix_spawn(&pid, program, &actions, nil, words, environ) == 0 else {
            throw Fault(.internalError, "\(program) does not start")
        }
        self.pid = pid
    }

    deinit {
        if status == nil {
            Glibc.kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
    }

    /// Its process id.
    var id: pid_t { pid }

    /// Leaves it to the caller, who waits for its end.
    consuming func release() -> pid_t {
        let pid = self.pid
        discard self
        return pid
    }

    func interrupt() { Glibc.kill(pid, SIGINT) }

    func terminate() { Glibc.kill(pid, SIGTERM) }

    func kill() { Glibc.kill(pid, SIGKILL) }

    /// Waits for the end; the exit status, or a fault where a signal ended it.
    mutating func exit() throws -> Int32 {
        var raw: Int32 = 0
        guard waitpid(pid, &raw, 0) == pid else {
            throw Fault(.internalError, "the program cannot be waited for")
        }
        status = raw
        guard raw & 0x7F == 0 else { throw Fault(.cancelled, "ended by signal \(raw & 0x7F)") }
        return raw >> 8 & 0xFF
    }
}

extension Background {
    /// The same as ``exit()``, but it waits for 40 s at most.
    mutating func exitSoon() throws -> Int32 {
        for _ in 0..<800 {
            var info = siginfo_t()
            let flags = WEXITED | WNOHANG | WNOWAIT
            guard waitid(P_PID, id_t(pid), &info, flags) == 0 else { break }
            if info.si_signo == SIGCHLD { return try exit() }
            usleep(50_000)
        }
        throw Fault(.internalError, "the program does not end")
    }
}

extension Rig {
    /// Starts a device command in the background.
    func start(_ arguments: String...) throws -> Background {
        let words = words("nacelle", arguments + ["--config", path("config.yaml")])
        return try Background(words[0], Array(words[1...]), log: path("background.log"))
    }

    /// Waits until something holds, at most 30 s.
    func wait(until holds: () throws -> Bool) throws {
        for _ in 0..<600 {
            if try holds() { return }
            usleep(50_000)
        }
        throw Fault(.internalError, "what was waited for did not come")
    }

    /// A small disk of its own at `disk`.
    func mountSmallDisk(megabytes: Int) throws {
        try shell(
            """
            truncate -s \(megabytes)M \(path("disk.img")) && /sbin/mkfs.ext4 -q \(path("disk.img")) \
            && mkdir \(path("disk")) && mount -o loop \(path("disk.img")) \(path("disk")) \
            && chmod 755 \(path("disk"))
            """)
    }
}
