internal import StrictJSON
internal import YAML

extension YAMLNode {
    /// The node as JSON: plain `true`, `false`, `null` and integers as such, all else as texts.
    var json: JSONValue {
        switch kind {
        case .sequence(let nodes): .array(nodes.map(\.json))
        case .mapping(let pairs):
            .object(pairs.map { JSONValue.Member($0.key, $0.value.json) })
        case .scalar(let text, let isPlain):
            switch text {
            case _ where isNull: .null
            case "true" where isPlain: .bool(true)
            case "false" where isPlain: .bool(false)
            default:
                if isPlain, let number = Int64(text), "\(number)" == text {
                    .integer(number)
                } else {
                    .string(text)
                }
            }
        }
    }
}
