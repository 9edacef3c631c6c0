internal import Bundle
internal import Faults
internal import Slots

/// Whether a version may be installed here: a pure decision, made before anything is written.
struct Admission {
    /// What this machine is.
    var machine: Machine
    /// The application that the store is bound to; `nil` for a new store.
    var boundTo: String?
    /// The highest release that became good here.
    var floor: Floor?
    /// What is denied here.
    var denials: [Denial]
    /// Whether the operator lets a denied version in.
    var allowDenied: Bool
    /// This agent's version.
    var agent = NacelleVersion.current

    /// Refuses what may not be installed.
    ///
    /// - Throws: a `Fault` of code `incompatible`, `downgrade` or `denied`.
    func check(_ manifest: Manifest) throws(Fault) {
        try checkApplication(manifest)
        try checkMachine(manifest)
        try checkRelease(manifest)
    }

    private func checkApplication(_ manifest: Manifest) throws(Fault) {
        for (name, whose) in [
            (machine.application, "this machine's configuration names"),
            (boundTo, "this store is bound to"),
        ] {
            if let name, name != manifest.application {
                throw Fault(
                    .incompatible,
                    "The bundle is for the application “\(manifest.application)”; "
                        + "\(whose) “\(name)”.",
                    advice: "Install a bundle of that application, or "
                        + "use another store.")
            }
        }
    }

    private func checkMachine(_ manifest: Manifest) throws(Fault) {
        let requirements = manifest.requirements
        guard machine.names.contains(where: { manifest.compatible.contains($0) }) else {
            throw Fault(
                .incompatible,
                "The bundle is for \(list(manifest.compatible)); this machine is "
                    + "\(list(machine.names)).",
                advice: "Fetch the bundle for this machine, or mend “machine” in the configuration."
            )
        }
        if let architecture = requirements.architecture, architecture != machine.architecture {
            throw Fault(
                .incompatible,
                "The bundle needs the architecture \(architecture); this machine "
                    + "has \(machine.architecture).")
        }
        let missing = requirements.processorFeatures.filter {
            !machine.processorFeatures.contains($0)
        }
        guard missing.isEmpty else {
            throw Fault(
                .incompatible,
                "The bundle needs the processor features \(list(missing)), which "
                    + "this processor does not have.")
        }
        guard machine.memory >= requirements.memory else {
            throw Fault(
                .incompatible,
                "The bundle needs \(requirements.memory) bytes of memory; this "
                    + "machine has \(machine.memory).")
        }
        if let accelerator = requirements.accelerator,
            !machine.accelerators.contains(accelerator)
        {
            throw Fault(
                .incompatible,
                "The bundle needs the accelerator “\(accelerator)”; this machine's "
                    + "configuration lists \(list(machine.accelerators)).")
        }
        guard let needed = Admission.version(requirements.agent) else {
            throw Fault(
                .malformed,
                "“manifest.requires.agent” is “\(requirements.agent)”, which is no "
                    + "version of three numbers.")
        }
        guard let own = Admission.version(agent), !own.lexicographicallyPrecedes(needed) else {
            throw Fault(
                .incompatible,
                "The bundle needs agent \(requirements.agent) or newer; this is "
                    + "\(agent).", advice: "Update the agent first.")
        }
    }

    private func checkRelease(_ manifest: Manifest) throws(Fault) {
        let identity = VersionIdentity(manifest)
        if let floor = floor?.identity {
            let counter = manifest.releaseCounter
            guard counter >= floor.releaseCounter else {
                throw Fault(
                    .downgrade,
                    "The bundle's release counter is \(counter); this machine has "
                        + "accepted \(floor.releaseCounter) (version \(floor.version)).",
                    advice: "To go back to the version before: nacelle rollback. To release old "
                        + "content anew, build it with a higher counter.")
            }
            guard counter > floor.releaseCounter || identity.tree == floor.tree else {
                throw Fault(
                    .downgrade,
                    "The bundle has the same release counter \(counter) as version "
                        + "\(floor.version), but another content.",
                    advice: "Build the release with a higher counter.")
            }
            guard counter - floor.releaseCounter <= UInt64(1) << 32 else {
                throw Fault(
                    .downgrade,
                    "The bundle's release counter \(counter) is more than 2^32 above "
                        + "\(floor.releaseCounter), the one accepted here.",
                    advice: "Count releases in small steps.")
            }
        }
        if !allowDenied,
            let denial = denials.first(where: { $0.identity.isSameRelease(as: identity) })
        {
            throw Fault(
                .denied,
                "Version \(manifest.version) (release \(manifest.releaseCounter)) is "
                    + "denied on this machine: \(Fault.clause(denial.reason)).",
                advice: "Release a corrected version with a higher counter, or insist: nacelle "
                    + "install --allow-denied FILE.")
        }
    }

    private func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.map { "“\($0)”" }.joined(separator: ", ")
    }

    /// The three numbers of a version.
    static func version(_ text: String) -> [Int]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
        }
        return numbers.count == 3 && parts.count == 3 ? numbers : nil
    }
}

extension VersionIdentity {
    /// What a manifest is the manifest of.
    init(_ manifest: Manifest) {
        self.init(
            application: manifest.application, version: manifest.version,
            releaseCounter: manifest.releaseCounter, tree: manifest.tree.digest)
    }
}
