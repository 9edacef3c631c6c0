internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Slots
internal import StrictJSON

/// `nacelle allow`.
struct AllowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allow",
        abstract: "Take the denial of a version back: it may be installed here again.",
        discussion: """
            VERSION is named as for “nacelle deny”. What is remembered of its failed boots goes \
            too. Nothing is installed by this, and a release counter that is too low stays too \
            low. Works with the service alive or dead, and offline.

              nacelle allow 1.2.0
              nacelle allow 5e6b7e
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "Version, release counter, or the beginning of a tree digest.")
    var version: String

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let change = try VersionDenial(configuration).allow(
                store: common.store, named: version)
            let name = change.version.identity.version
            console.say(
                change.isNew
                    ? "Version \(name) may be installed on this machine again."
                    : "Version \(name) was not denied.")
            DenyCommand.tell(change, outcome: "allowed", console)
        }
    }
}
