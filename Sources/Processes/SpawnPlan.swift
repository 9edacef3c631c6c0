internal import CProcess
internal import Faults
internal import Glibc

/// The one owner of a plan of CProcess, built from a ``Command``.
@safe
struct SpawnPlan: ~Copyable {
    private let plan: OpaquePointer

    private init(owning plan: OpaquePointer) {
        unsafe self.plan = plan
    }

    deinit { unsafe cprocess_plan_free(plan) }

    /// Builds the plan.
    ///
    /// - Throws: a fault for a text with a zero byte, which the kernel's interface cannot carry, or
    ///   a path that is not absolute.
    static func make(_ command: Command) throws(Fault) -> SpawnPlan {
        try check(command)
        guard let raw = unsafe cprocess_plan_new(command.executable, command.directory) else {
            throw noMemory
        }
        let plan = unsafe SpawnPlan(owning: raw)
        for argument in command.arguments {
            try done(unsafe cprocess_plan_argument(raw, argument))
        }
        for (name, value) in command.environment.sorted(by: { $0.key < $1.key }) {
            try done(unsafe cprocess_plan_variable(raw, "\(name)=\(value)"))
        }
        switch command.identity {
        case .effective: break
        case .root: unsafe cprocess_plan_identity(raw, Int32(CPROCESS_AS_USER), 0, 0)
        case .user(let user, let group, let supplementary):
            unsafe cprocess_plan_identity(raw, Int32(CPROCESS_AS_USER), user, group)
            for other in supplementary { try done(unsafe cprocess_plan_group(raw, other)) }
        }
        unsafe setLimits(command.limits, of: raw)
        switch command.containment {
        case .group: unsafe cprocess_plan_keep(raw, Int32(CPROCESS_KEEP_GROUP))
        case .tree: unsafe cprocess_plan_keep(raw, Int32(CPROCESS_KEEP_TREE))
        case .namespaces(let isolation):
            unsafe cprocess_plan_keep(raw, Int32(CPROCESS_KEEP_NAMESPACES))
            if isolation.oldMounts { unsafe cprocess_plan_old_mounts(raw) }
            for path in isolation.readOnly { try done(unsafe cprocess_plan_read_only(raw, path)) }
            if let work = isolation.work {
                try done(
                    unsafe cprocess_plan_work(
                        raw, work.path, work.bytes, work.entries, work.owner, getegid()))
            }
        }
        let captures: Int32 =
            switch command.output {
            case .captured, .streamed: 1
            case .inherited: 0
            }
        unsafe cprocess_plan_settings(
            raw, captures, mode_t(command.mask), command.mayGainPrivileges ? 0 : 1,
            command.firstToDie ? 1 : 0)
        return plan
    }

    /// Starts the planned process.
    func start(_ command: Command) throws(Fault) -> cprocess_started {
        var started = cprocess_started()
        guard unsafe cprocess_start(plan, &started) == 0 else {
            throw StartStep.fault(started.step, error: started.error, command)
        }
        return started
    }

    private static let noMemory = Fault(.noSpace, "There is no memory to start a process.")

    private static func done(_ result: Int32) throws(Fault) {
        guard result == 0 else { throw noMemory }
    }

    private static func check(_ command: Command) throws(Fault) {
        var texts = command.arguments + [command.executable, command.directory]
        texts += command.environment.map { "\($0.key)=\($0.value)" }
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw Fault(.malformed, "A path, argument or variable to start with has a zero byte.")
        }
        for path in [command.executable, command.directory] where path.utf8.first != 0x2F {
            throw Fault(.internalError, "“\(path)” is not an absolute path.")
        }
    }

    private static func setLimits(_ limits: ProcessLimits, of plan: OpaquePointer) {
        let values: [(Int, UInt64?)] = [
            (CPROCESS_LIMIT_CORE, 0), (CPROCESS_LIMIT_FILE_SIZE, limits.fileSize),
            (CPROCESS_LIMIT_FILES, limits.files), (CPROCESS_LIMIT_PROCESSES, limits.processes),
            (CPROCESS_LIMIT_DATA, limits.data), (CPROCESS_LIMIT_CPU, limits.processor),
        ].map { (Int($0.0), $0.1) }
        for (which, value) in values {
            if let value { unsafe cprocess_plan_limit(plan, Int32(which), value) }
        }
    }
}
