internal import ArgumentParser
internal import Console
internal import Faults
internal import StrictJSON

/// The command `nacelle-bundle exit-codes`.
struct ExitCodesCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "exit-codes",
        abstract: "List exit statuses, their names and what they mean.",
        discussion: """
            Names and numbers never change their meaning.
            """)

    @OptionGroup var speech: SpeechOptions

    func perform(_ console: Console) throws(Fault) {
        console.say("  0  success\n 64  usage: the command line is wrong")
        for code in FaultCode.allCases {
            let number = String(code.exitStatus)
            let name = code.rawValue + String(repeating: " ", count: 24 - code.rawValue.utf8.count)
            let padding = String(repeating: " ", count: 3 - number.utf8.count)
            console.say("\(padding)\(number)  \(name) \(code.meaning)")
            console.event(
                "exit-code",
                [
                    ("exit", .integer(code.exitStatus)), ("code", .string(code.rawValue)),
                    ("meaning", .string(code.meaning)),
                ])
        }
    }
}
