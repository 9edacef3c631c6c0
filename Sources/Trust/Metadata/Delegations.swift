internal import Faults
internal import Sealing
internal import StrictJSON

/// To whom a targets role hands on which paths (TUF 1.0.34, section 4.5).
struct Delegations: Sendable {
    /// The most roles that one role may delegate to by name.
    static let limit = 4096

    /// A role that some paths are handed on to.
    struct Role: Sendable {
        /// Its name, which may hold any character.
        let name: String
        /// Who may sign for it.
        let keys: RoleKeys
        /// Whether nobody after it is asked for its paths.
        let isTerminating: Bool
        let paths: Paths
    }

    /// Which paths are handed on.
    enum Paths: Sendable {
        /// Those that fit one of some patterns.
        case patterns([PathPattern])
        /// Those whose SHA-256 begins with one of some hexadecimal digits: hash bins.
        case hashPrefixes([String])
    }

    private let roles: [Role]
    private let bins: HashBins?

    /// Reads the object `delegations`.
    init(_ fields: JSONFields, accepting schemes: Set<KeyScheme>) throws(Fault) {
        let keys = try KeyTable(fields.object("keys"), accepting: schemes)
        guard fields.has("roles") != fields.has("succinct_roles") else {
            throw Fault(
                .malformed,
                "“\(fields.path)” must have one of “roles” and “succinct_roles”.")
        }
        bins = try fields.optionalObject("succinct_roles").map { (fields) throws(Fault) in
            try HashBins(fields, keys)
        }
        var roles: [Role] = []
        var names: Set<ExactName> = []
        let list = bins == nil ? try fields.array("roles", limit: Delegations.limit) : []
        for (number, entry) in list.enumerated() {
            let entry = try JSONFields(entry, path: "\(fields.path).roles[\(number)]")
            let role = try Role(entry, keys)
            guard names.insert(ExactName(role.name)).inserted else {
                throw Fault(
                    .malformed, "“\(fields.path).roles” names “\(role.name.prefix(64))” twice.")
            }
            roles.append(role)
        }
        self.roles = roles
    }

    /// The roles that a path is handed on to, in the order in which they are asked.
    func roles(for path: String) throws(Fault) -> [Role] {
        let digest = try SHA256.digest(of: Array(path.utf8)).hex
        if let bins { return [bins.role(for: digest)] }
        return roles.filter { role in
            switch role.paths {
            case .patterns(let patterns): patterns.contains { $0.matches(path) }
            case .hashPrefixes(let prefixes): prefixes.contains { digest.hasPrefix($0) }
            }
        }
    }

    /// A name that no delegated role can have.
    static func checkName(_ name: String, _ fields: JSONFields) throws(Fault) {
        guard !name.isEmpty, TrustRole(rawValue: name) == nil else {
            throw Fault(
                .malformed, "“\(fields.path)” is called “\(name)”, which no delegated role can be.")
        }
    }
}

extension Delegations.Role {
    /// Reads an entry of `roles`.
    fileprivate init(_ fields: JSONFields, _ keys: KeyTable) throws(Fault) {
        name = try fields.string("name", limit: 512)
        try Delegations.checkName(name, fields)
        self.keys = try keys.role(fields)
        isTerminating = try fields.bool("terminating")
        guard fields.has("paths") != fields.has("path_hash_prefixes") else {
            throw Fault(
                .malformed,
                "“\(fields.path)” must have one of “paths” and “path_hash_prefixes”.")
        }
        if fields.has("paths") {
            paths = .patterns(
                try fields.strings("paths", limit: 4096).map { PathPattern(text: $0) })
            return
        }
        let prefixes = try fields.strings("path_hash_prefixes", limit: 16_384, length: 64)
        for prefix in prefixes {
            guard
                prefix.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
            else {
                throw Fault(
                    .malformed,
                    "“\(fields.path).path_hash_prefixes” holds “\(prefix)”; lower-case hexadecimal "
                        + "digits were expected.")
            }
        }
        paths = .hashPrefixes(prefixes)
    }
}
