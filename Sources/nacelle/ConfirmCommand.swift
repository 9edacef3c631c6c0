internal import ArgumentParser
internal import Console
internal import Faults
internal import Service
internal import UpdateMachine

/// `nacelle confirm`.
struct ConfirmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Say yes to the version that waits for it.",
        discussion: """
            A version waits for a person's yes where “service.confirm” is true, or where the rollout \
            server asks for one. “nacelle status” shows it; “nacelle refuse” says no.

              nacelle confirm
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            try ServiceRequest(configuration, store: common.store).send(
                .confirm, reason: "", to: console)
        }
    }
}
