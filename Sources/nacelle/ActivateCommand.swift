internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Slots
internal import StrictJSON

/// `nacelle activate`.
struct ActivateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Swap the version that is ready in and watch it, or go on watching it.",
        discussion: """
            What “nacelle install --prepare” left ready becomes current by one rename; the \
            application is restarted and watched for the probation time that the bundle says. It is \
            good then, or the version before runs again.

            A signal ends the command at once and leaves the trial as it is; given again, also \
            after a reboot, the command goes on with what was watched before, and does not restart \
            an application that surely runs the version already. The hook “activation.before” may \
            say that now is not the time: then nothing is changed.

              nacelle install --prepare /media/stick/bearing-1.1.0.nacelle
              nacelle activate
            """)

    @OptionGroup var common: CommonOptions

    @Flag(name: .long, help: "Swap a version in although it failed or was rolled back here before.")
    var allowDenied = false

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let (identity, slot) = try Changeover(
                configuration, allowDenied: allowDenied, reporter: ConsoleReporter(console)
            ).run(store: common.store)
            console.say(
                "\(identity.application) \(identity.version) runs in slot \(slot.rawValue) and is "
                    + "good.")
            console.event(
                "result",
                [
                    ("ok", .bool(true)), ("outcome", .string("installed")),
                    ("version", .string(identity.version)), ("slot", .string(slot.rawValue)),
                ])
        }
    }
}
