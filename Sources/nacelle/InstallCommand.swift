internal import Agent
internal import ArgumentParser
internal import Faults
internal import Console
internal import Slots
internal import StrictJSON
internal import Transport

/// `nacelle install FILE`.
struct InstallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install a bundle from a file, prove it, swap it in and watch it.",
        discussion: """
            The running version goes on until the new one has passed its smoke inference; it comes \
            back by itself where the new one fails its probation. An interrupted install is taken up \
            where it was when the same command is given again: a slot that was filled is proved, \
            one that was proved is swapped in. A version that failed or was rolled back on \
            this machine is refused unless --allow-denied is given.

              nacelle install /media/stick/bearing-1.1.0.nacelle
            """)

    @OptionGroup var common: CommonOptions

    @Flag(name: .long, help: "Install a version although it failed or was rolled back here before.")
    var allowDenied = false

    @Argument(help: "The bundle.", completion: .file(extensions: ["nacelle"]))
    var file: String

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let installation = Installation(
                configuration,
                options: Installation.Options(store: common.store, allowDenied: allowDenied),
                command: "nacelle install \(file)", reporter: ConsoleReporter(console))
            let outcome = try installation.run(FolderShelf(path: file))
            switch outcome {
            case .installed(let identity, let slot):
                console.say(
                    "Installed \(identity.application) \(identity.version); it runs in slot "
                        + "\(slot.rawValue) and is good.")
                console.event(
                    "result",
                    [
                        ("ok", .bool(true)), ("outcome", .string("installed")),
                        ("version", .string(identity.version)), ("slot", .string(slot.rawValue)),
                    ])
            case .alreadyRunning(let identity, let slot):
                console.say(
                    "\(identity.application) \(identity.version) runs already in slot "
                        + "\(slot.rawValue); nothing was changed.")
                console.event(
                    "result",
                    [
                        ("ok", .bool(true)), ("outcome", .string("already-running")),
                        ("version", .string(identity.version)), ("slot", .string(slot.rawValue)),
                    ])
            }
        }
    }
}
