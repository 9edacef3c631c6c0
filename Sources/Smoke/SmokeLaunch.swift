internal import Bundle
internal import DurableFiles
internal import Faults
internal import Processes
internal import Transport

/// The command of a smoke run: what the program gets to see, to use and to write.
struct SmokeLaunch {
    private let specification: SmokeSpecification
    private let configuration: SmokeConfiguration
    private let slot: String
    private let work: String

    init(
        _ specification: SmokeSpecification, _ configuration: SmokeConfiguration, slot: String,
        work: String
    ) {
        self.specification = specification
        self.configuration = configuration
        self.slot = slot
        self.work = work
    }

    /// Whether the program runs in namespaces of its own.
    var isolated: Bool {
        if case .full = configuration.isolation { return true }
        return false
    }

    /// Makes the command.
    ///
    /// - Parameter socket: the socket's path as the program sees it.
    /// - Returns: the command.
    /// - Throws: a `Fault` of code `configuration` where that is too long.
    func command(socket: String) throws(Fault) -> Command {
        guard slot.utf8.first == UInt8(ascii: "/") else {
            throw Fault(.internalError, "The slot “\(slot)” was not opened by an absolute path.")
        }
        try LocalEndpoint.unix(socket).check()
        let program = specification.program
        var command = Command(
            executable: "\(slot)/\(program.path)",
            arguments: program.arguments.map { replaceSocket($0, socket) },
            environment: environment, directory: slot, limits: limits, mask: 0, firstToDie: true)
        if case .full(let account) = configuration.isolation {
            command.identity = account.identity
            command.containment = .namespaces(
                Isolation(
                    work: WorkDirectory(
                        path: work, bytes: UInt64(SmokeWork.limit),
                        entries: UInt64(SmokeWork.entries), owner: account.user),
                    readOnly: configuration.protected + [slot]))
        } else {
            command.containment = .tree
            command.mask = 0o077
        }
        return command
    }

    private var environment: [String: String] {
        specification.program.environment.merging([
            "HOME": work, "LC_ALL": "C.UTF-8", "ORT_DISABLE_TELEMETRY": "1",
            "PATH": ExecutableSearch.standardPath, "TMPDIR": work,
        ]) { $1 }
    }

    private var limits: ProcessLimits {
        // Address space is far from resident memory, so the kernel's limit is only a backstop for
        // growth too quick to be seen by sampling.
        let data = specification.memory.map { UInt64($0.limit) * 2 + (256 << 20) }
        return ProcessLimits(
            fileSize: UInt64(SmokeWork.limit), files: 1024, processes: 512, data: data)
    }

    private func replaceSocket(_ argument: String, _ socket: String) -> String {
        let word = Array("{socket}".utf8)
        let bytes = Array(argument.utf8)
        var out: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index...].starts(with: word) {
                out.append(contentsOf: socket.utf8)
                index += word.count
            } else {
                out.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
