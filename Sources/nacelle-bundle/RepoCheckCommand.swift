internal import ArgumentParser
internal import Console
internal import Faults
internal import Glibc
internal import Publishing
internal import StrictJSON
internal import Trust

/// The command `nacelle-bundle repo check`.
struct RepoCheckCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read a whole repository as devices do, and list what is in it.",
        discussion: """
            Metadata from the oldest root on, and of each bundle its envelope, what the targets say \
            of it, recipients, index, and every stored chunk; of sealed bundles the chunks are read \
            only with --key. Warns of what expires soon, and of files that nothing leads to. Changes \
            nothing. The exit status is that of the first thing that is wrong.

            Example:
              nacelle-bundle repo check /srv/repo --key escrow.key --days 14
            """)

    @Argument(help: "The repository's folder.")
    var folder: String

    @Option(help: "Secret key of a recipient, to verify the inside of sealed bundles.")
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Warn so many days before something expires; by default 30 for root and targets, 3 for "
                + "snapshot and timestamp.", valueName: "n"))
    var days: Int?

    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        if let days, !(0...36500).contains(days) {
            throw ValidationError("--days takes 0 to 36500.")
        }
    }

    func perform(_ console: Console) throws(Fault) {
        let check = RepositoryCheck(
            path: RepoPath.plain(folder), now: Int64(time(nil)), key: key, days: days
        ) { console.progress($0, done: $1, total: $2) }
        let report = try check.run()
        for bundle in report.bundles {
            console.say("whole  \(RepoReport.name(bundle))")
            console.event("whole", RepoReport.members(bundle))
        }
        for path in report.unchecked {
            console.say("NOT CHECKED  the chunks of \(path), which are sealed (--key)")
            console.event("unchecked", [("path", .string(path))])
        }
        for path in report.orphans {
            console.say("nothing leads to  \(path)")
            console.event("orphan", [("path", .string(path))])
        }
        for warning in report.warnings { console.warn(warning) }
        for (role, expires) in report.dates {
            let time = UTCTime.text(expires)
            console.note("\(role.rawValue) expires at \(time)")
            console.event("expires", [("role", .string(role.rawValue)), ("time", .string(time))])
        }
        for finding in report.findings {
            console.say("WRONG  \(finding.path): \(finding.fault.message)")
            console.event(
                "wrong",
                [
                    ("path", .string(finding.path)),
                    ("code", .string(finding.fault.code.rawValue)),
                    ("message", .string(finding.fault.message)),
                ])
        }
        RepoReport(report.outcome, path: folder).tell(console)
        guard let first = report.findings.first else { return }
        throw Fault(
            first.fault.code,
            "\(folder): \(ByteCount.things(report.findings.count, "thing")) wrong; the first is "
                + "\(first.path): \(first.fault.message)", advice: first.fault.advice,
            cause: first.fault.cause)
    }
}
