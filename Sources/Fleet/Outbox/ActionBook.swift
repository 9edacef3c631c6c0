internal import DurableFiles
internal import Faults
internal import StrictJSON

/// What is known of actions, so that a report finds its address days later: `actions.json`.
///
/// It can be lost without harm: addresses are then made as the protocol names them.
struct ActionBook {
    /// What is known of one action.
    struct Entry: Equatable {
        /// Its id.
        var action: String
        /// Where its deployment, cancellation and confirmation were described.
        var links: [String: String] = [:]
        /// How many statuses of it were sent.
        var sent = 0
        /// When progress of it was sent last, in milliseconds since 1970.
        var lastProgress: Int64 = 0
    }

    /// How many actions are remembered.
    static let limit = 16
    /// The links of an action that are kept.
    static let kinds = ["deploymentBase", "cancelAction", "confirmationBase"]
    private static let file = "actions.json"
    private static let byteLimit = 1 << 20

    /// Whose actions they are: the server's poll address.
    let server: String
    private(set) var entries: [Entry] = []
    /// The attributes that the server took last, and where it wanted them.
    var attributes: [UInt8] = []
    var configData: String?
    /// The release that the server knows to run here: declared, or brought by its own action.
    ///
    /// `nil` where nothing is known, so that the one that runs is taken for it.
    var running: String? {
        didSet { isChanged = isChanged || running != oldValue }
    }
    private var isChanged = false

    /// Reads the book; one of another server is begun anew.
    init(_ directory: borrowing Directory, server: FleetServer) throws(Fault) {
        self.server = server.address
        guard let bytes = try directory.read(ActionBook.file, limit: ActionBook.byteLimit),
            let json = try? JSONReader.read(
                bytes, limits: JSONLimits(bytes: ActionBook.byteLimit, depth: 8)),
            let fields = try? JSONFields(json, path: "actions"),
            (try? fields.string("server")) == server.address
        else { return }
        attributes = Array(((try? fields.optionalString("attributes", limit: 1 << 16)) ?? "").utf8)
        configData = ((try? fields.optionalString("configData", limit: 8192)) ?? nil)
            .flatMap { try? server.link($0, "configData") }
        running = (try? fields.optionalString("running", limit: 1024)) ?? nil
        for value in (try? fields.array("actions", limit: ActionBook.limit)) ?? [] {
            if let entry = ActionBook.entry(value, server) { entries.append(entry) }
        }
    }

    private static func entry(_ value: JSONValue, _ server: FleetServer) -> Entry? {
        guard let fields = try? JSONFields(value, path: "action"),
            let action = try? DDIReader.id(fields, "action")
        else { return nil }
        var entry = Entry(action: action)
        for kind in kinds {
            guard let href = (try? fields.optionalString(kind, limit: 8192)) ?? nil,
                let link = try? server.link(href, kind)
            else { continue }
            entry.links[kind] = link
        }
        entry.sent = (try? fields.integer("sent", in: 0...1_000_000)) ?? 0
        entry.lastProgress = (try? fields.integer("lastProgress", in: 0...Int64.max)) ?? 0
        return entry
    }

    /// What is known of an action.
    func entry(_ action: String) -> Entry {
        entries.first { $0.action == action } ?? Entry(action: action)
    }

    /// Notes something of an action; the one noted longest ago goes.
    mutating func change(_ action: String, _ body: (inout Entry) -> Void) {
        let before = entry(action)
        var entry = before
        body(&entry)
        guard entry != before else { return }
        entries.removeAll { $0.action == action }
        entries = entries.suffix(ActionBook.limit - 1) + [entry]
        isChanged = true
    }

    /// Notes what the server knows of this machine.
    mutating func tookAttributes(_ text: [UInt8], at address: String) {
        attributes = text
        configData = address
        isChanged = true
    }

    /// Writes the book where something changed.
    mutating func save(in directory: borrowing Directory) throws(Fault) {
        guard isChanged else { return }
        let list = entries.map { entry in
            JSONValue.members(
                [("action", .string(entry.action))]
                    + ActionBook.kinds.map { kind in
                        (kind, entry.links[kind].map { .string($0) })
                    } + [
                        ("sent", .integer(entry.sent)),
                        ("lastProgress", .integer(entry.lastProgress)),
                    ])
        }
        let json = JSONValue.members([
            ("server", .string(server)),
            ("attributes", .string(String(decoding: attributes, as: UTF8.self))),
            ("configData", configData.map { .string($0) }),
            ("running", running.map { .string($0) }), ("actions", .array(list)),
        ])
        try directory.replace(ActionBook.file, with: json.pretty, mode: 0o600)
        isChanged = false
    }
}
