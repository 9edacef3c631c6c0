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
            that the signed manifest named. Without --slot all that should be whole is read: both \
            slots, and the factory tree where there is one.
            """)

    @OptionGroup var common: CommonOptions

    @Option(name: .long, help: "One slot alone: a, b or factory.")
    var slot: TreeName?

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            try SlotVerification(configuration, reporter: ConsoleReporter(console)).run(
                store: common.store, slot: slot)
            console.say(slot.map { "\($0.heading) is whole." } ?? "All is whole.")
            console.event("result", [("ok", .bool(true)), ("outcome", .string("whole"))])
        }
    }
}

extension TreeName: ExpressibleByArgument {}
