internal import ArgumentParser

/// The command `nacelle-bundle root`.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "root",
        abstract: "Make, sign, extend and show roots of trust.",
        discussion: """
            A root of trust is TUF root metadata: which keys may sign what, and how many of them it \
            takes. A device is shipped with one; bundles must be signed by its “targets” keys.
            """,
        subcommands: [
            RootInitCommand.self, RootSignCommand.self, RootExtendCommand.self,
            RootShowCommand.self,
        ])
}
