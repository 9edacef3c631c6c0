// nacelle-bundle: the commands of the CI side: keys, roots of trust, building, signing, sealing and
// looking into bundles. Each command reads its arguments and calls one thing of Building.

internal import ArgumentParser
internal import Faults

/// The program.
@main
struct NacelleBundle: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nacelle-bundle",
        abstract: "Make, sign, seal and inspect Nacelle bundles.",
        discussion: """
            A bundle is one version of an application in one file: programs, libraries and weights, \
            with how they prove themselves on a machine. A first one, from nothing:

              nacelle-bundle keygen signing release
              nacelle-bundle keygen device turbine-7
              nacelle-bundle root init --root release.pub --targets release.pub \\
                --days 365 --sign release.key -o root.json
              nacelle-bundle build bundle.yaml -o app-1.0.0.nacelle \\
                --sign release.key --recipient turbine-7.pub
              nacelle-bundle verify app-1.0.0.nacelle --root root.json

            With --json every command prints one JSON object a line.

            Exit statuses: 0 success, 64 wrong usage, \(exitStatuses). \
            “nacelle-bundle exit-codes” explains them.
            """,
        version: NacelleVersion.current,
        subcommands: [
            KeygenCommand.self, RootCommand.self, BuildCommand.self, ReferenceCommand.self,
            DeltaCommand.self, SignCommand.self, SealCommand.self, WrapCommand.self,
            InspectCommand.self, VerifyCommand.self, RepoCommand.self, ExitCodesCommand.self,
        ])

    private static var exitStatuses: String {
        FaultCode.allCases.map { "\($0.exitStatus) \($0.rawValue)" }.joined(separator: ", ")
    }
}
