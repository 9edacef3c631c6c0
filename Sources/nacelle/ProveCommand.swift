internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Slots
internal import StrictJSON

/// `nacelle prove SLOT`.
struct ProveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Prove a filled slot: read it back and run its smoke inference, isolated.",
        discussion: """
            Isolation needs root, which the service is not: it fills the slot, and has this command \
            run by the root-owned unit that “smoke.unit” names. The signed envelope that was kept \
            of the version is verified again by the root of trust; nothing else that the service \
            wrote is believed. The slot is ready afterwards, or bad; how it ended stands in the \
            store's state/proof.json too.

              nacelle prove b
              systemctl start nacelle-prove@b.service
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The slot: a or b.")
    var slot: String

    func validate() throws {
        guard SlotName(rawValue: slot) != nil else {
            throw ValidationError("“\(slot)” is no slot; a or b was expected.")
        }
    }

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            guard let name = SlotName(rawValue: slot) else { return }
            let identity = try SlotProof(configuration, reporter: ConsoleReporter(console)).run(
                store: common.store, slot: name)
            console.say("Slot \(slot) with version \(identity.version) is ready.")
            console.event(
                "result",
                [
                    ("ok", .bool(true)), ("outcome", .string("ready")),
                    ("version", .string(identity.version)), ("slot", .string(slot)),
                ])
        }
    }
}
