internal import ArgumentParser
internal import Console
internal import Faults
internal import Service

/// `nacelle run`.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Keep this machine up to date: the service.",
        discussion: """
            It looks for new versions at the repository or the rollout server, waits for windows and \
            inhibitors, installs, watches, reports, and falls back by itself. Each step is a command \
            of its own that it starts, and that a person may give too: check or contact, gate, \
            install --prepare, activate.

            It goes on where a restart or a power cut left it. SIGTERM ends it within seconds and \
            leaves what is under way as it is; SIGHUP has it read the configuration again. Under \
            systemd it is a unit of type “notify”.

              nacelle run
              systemctl status nacelle
              nacelle status
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let supervisor = try Supervisor(
                configuration, store: common.store, task: .forever, console: console)
            _ = try supervisor.run()
        }
    }
}
