public import Faults
internal import YAML

extension Configuration {
    /// The boots that a version in trial gets where the configuration says nothing.
    public static let defaultBootAttempts = 2

    /// The part about boots; a mistake in it, or elsewhere in the file, leaves the default.
    ///
    /// A machine has to boot with any configuration, so this throws nothing.
    ///
    /// - Returns: the boots of a trial, and what is wrong, if anything is.
    public func boot() -> (attempts: Int, fault: Fault?) {
        guard let fields else { return (Configuration.defaultBootAttempts, fault) }
        do throws(Fault) {
            guard let boot = try fields.optionalMapping("boot") else {
                return (Configuration.defaultBootAttempts, fault)
            }
            try boot.refuseUnknownKeys(known: ["attempts"])
            let attempts =
                boot.has("attempts")
                ? try boot.integer("attempts", in: 1...100) : Configuration.defaultBootAttempts
            return (attempts, fault)
        } catch {
            return (Configuration.defaultBootAttempts, error)
        }
    }
}
