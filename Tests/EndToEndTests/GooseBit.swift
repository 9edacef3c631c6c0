import DurableFiles
import Faults
import Glibc
import Processes
import StrictJSON
import TestKit

/// gooseBit as it is published, with a database of its own on this machine's loopback.
final class GooseBit {
    static let environment = Rig.checkout + "/.build/conformance-venv/bin"

    let address: String
    private let rig: Rig
    private let home: String
    private var child: ChildProcess
    private var token = ""

    /// Serves on a port of the system's choice, on loopback alone.
    private static let program = """
        import asyncio, socket
        import goosebit, uvicorn
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        print("PORT", listener.getsockname()[1], flush=True)
        config = uvicorn.Config(goosebit.app, log_level="warning", access_log=False)
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
        """

    /// Its migrations come with the package.
    private static let migrations = """
        cd "$0" && location=$("$1/python3" -c \
            "import importlib.util as u; print(u.find_spec('goosebit').submodule_search_locations[0])")
        printf '[tool.aerich]\\ntortoise_orm = "%s"\\nlocation = "%s"\\nsrc_folder = "./."\\n' \
            goosebit.db.config.TORTOISE_CONF "$location/db/migrations" > aerich.toml
        exec "$1/aerich" -c aerich.toml upgrade
        """

    init(_ rig: Rig) throws {
        self.rig = rig
        home = rig.path("goosebit")
        guard access(GooseBit.environment + "/aerich", X_OK) == 0 else {
            throw Fault(.notFound, "gooseBit is missing: run scripts/python-venv.")
        }
        try rig.shell("mkdir -p \(home)/artifacts")
        try Directory.open(path: home).replace("serve.py", with: Array(GooseBit.program.utf8))
        let environment = [
            "PATH": ExecutableSearch.standardPath, "HOME": home,
            "GOOSEBIT_DB_URI": "sqlite:///\(home)/db.sqlite3",
            "GOOSEBIT_ARTIFACTS_DIR": home + "/artifacts",
            "GOOSEBIT_DEVICE_AUTH__ENABLE": "true", "GOOSEBIT_DEVICE_AUTH__MODE": "strict",
            "GOOSEBIT_POLL_TIME": "00:00:45",
        ]
        try runTool(
            "sh", ["-c", GooseBit.migrations, home, GooseBit.environment],
            environment: environment)
        // In its own directory, where it keeps what it uploads for a moment.
        var child = try ChildProcess.start(
            Command(
                executable: GooseBit.environment + "/python3",
                arguments: ["-B", "-u", home + "/serve.py"], environment: environment,
                containment: .group, output: .captured(tail: 1 << 20)))
        var port: Int?
        for _ in 0..<6000 where port == nil {
            if let status = try child.wait(until: Deadline(after: .milliseconds(10))) {
                throw Fault(.notFound, "gooseBit \(status): \(child.outputTail)")
            }
            for line in child.outputTail.split(separator: "\n") where line.hasPrefix("PORT ") {
                port = Int(line.dropFirst(5))
            }
        }
        guard let port else { throw Fault(.notFound, "gooseBit named no port.") }
        address = "http://127.0.0.1:\(port)"
        self.child = child
        try rig.shell(
            "curl -sS --retry 60 --retry-delay 1 --retry-all-errors -o /dev/null \(address)/login")
        // The first user is made by whoever comes first; hence loopback.
        let form = "-d username=admin%40example.org -d password=secret123"
        _ = try rig.shell("curl -sS -X POST \(form) \(address)/setup")
        let answer = try rig.shell("curl -sS -X POST \(form) \(address)/login")
        let json = try JSONReader.read(Array(answer.utf8), limits: JSONLimits(bytes: 1 << 16))
        guard case .string(let token)? = json["access_token"] else {
            throw Fault(.notFound, "gooseBit lets nobody in: \(answer)")
        }
        self.token = token
    }

    /// The poll address of a machine.
    func poll(_ device: String) -> String { "\(address)/DEFAULT/controller/v1/\(device)" }

    /// Calls its management interface.
    @discardableResult
    func call(_ method: String, _ path: String, _ arguments: String) throws -> JSONValue {
        let answer = try rig.shell(
            "curl -sS -X \(method) -H 'Authorization: Bearer \(token)' \(arguments) "
                + "\(address)/api/v1/\(path)")
        return try JSONReader.read(Array(answer.utf8), limits: JSONLimits(bytes: 1 << 20))
    }

    @discardableResult
    func call(_ method: String, _ path: String, json: String) throws -> JSONValue {
        try call(method, path, "-H 'Content-Type: application/json' -d '\(json)'")
    }

    /// Uploads a file; returns its id.
    func upload(_ path: String) throws -> Int {
        let answer = try call("PUT", "software", "-F file=@\(path)")
        guard case .number(let id)? = answer["id"], let number = Int(id) else {
            throw Fault(.notFound, "gooseBit takes no \(path): \(answer.compactText)")
        }
        return number
    }

    /// What it knows of a machine.
    func device(_ name: String) throws -> JSONValue {
        let answer = try call("GET", "devices", "")
        guard case .array(let devices)? = answer["devices"],
            let device = devices.first(where: { $0["id"] == .string(name) })
        else { throw Fault(.notFound, "gooseBit knows no \(name): \(answer.compactText)") }
        return device
    }

    /// How often a rollout ended well and badly.
    func counts(_ rollout: String) throws -> [String] {
        guard case .array(let rollouts)? = try call("GET", "rollouts", "")["rollouts"],
            let found = rollouts.first(where: { $0["name"] == .string(rollout) }),
            case .number(let good)? = found["success_count"],
            case .number(let bad)? = found["failure_count"]
        else { return [] }
        return [good, bad]
    }
}
