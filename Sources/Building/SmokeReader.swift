internal import Bundle
internal import Faults
internal import StrictJSON
internal import YAML

/// Reads the smoke specification of a description.
enum SmokeReader {
    static func read(_ fields: YAMLFields) throws(Fault) -> SmokeSpecification {
        let json = JSONValue.object(
            fields.pairs.map { JSONValue.Member($0.key, $0.value.json) })
        return try SmokeSpecification(try JSONFields(json, path: "smoke"))
    }
}
