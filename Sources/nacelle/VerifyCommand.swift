internal import Agent
public import ArgumentParser
internal import Faults
internal import Console
public import Slots
internal import StrictJSON

/// `nacelle verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read slots from the disk and hold them against their records.",
        discussion: """
            Every file is read past the page cache and digested; the tree digest must be the one \
            that the signed manifest named. Without --slot all slots that should be whole are read.
            """)

    @OptionGroup var common: CommonOptions

    @Option(name: .long, help: "One slot alone: a or b.")
    var slot: SlotName?

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            try SlotVerification(configuration, reporter: ConsoleReporter(console)).run(
                store: common.store, slot: slot)
            console.say(slot.map { "Slot \($0.rawValue) is whole." } ?? "All is whole.")
            console.event("result", [("ok", .bool(true)), ("outcome", .string("whole"))])
        }
    }
}

extension SlotName: ExpressibleByArgument {}
