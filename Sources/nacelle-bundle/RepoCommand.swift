internal import ArgumentParser

/// The command `nacelle-bundle repo`.
struct RepoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repo",
        abstract: "Keep a TUF repository of bundles: a folder that any server of files can serve.",
        discussion: """
            The keys of root and targets stay offline; a key for snapshot and timestamp is on the \
            machine that publishes, so that a cron job can say every day that the repository is what \
            it is. Readers see a publication whole or not at all. A first one:

              nacelle-bundle root init -o root.json --root ann.pub --targets ci.pub \\
                --snapshot online.pub --timestamp online.pub --days 730 --sign ann.key
              nacelle-bundle repo init /srv/repo --root root.json \\
                --targets-key ci.key --online-key online.key
              nacelle-bundle repo add /srv/repo app-1.0.0.nacelle \\
                --targets-key ci.key --online-key online.key
              nacelle-bundle repo refresh /srv/repo --online-key online.key
            """,
        subcommands: [
            RepoInitCommand.self, RepoAddCommand.self, RepoRemoveCommand.self,
            RepoSignCommand.self, RepoRotateCommand.self, RepoRefreshCommand.self,
            RepoCheckCommand.self,
        ])
}
