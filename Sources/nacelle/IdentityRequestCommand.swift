internal import Agent
internal import ArgumentParser
internal import Console
internal import DeviceIdentity
internal import DurableFiles
internal import Faults
internal import Sealing
internal import StrictJSON

/// `nacelle identity request`.
struct IdentityRequestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Make a key and a certificate request (PKCS#10), and give the request out.",
        discussion: """
            The key stays here. Give the request to the certificate authority, and what it answers \
            to “nacelle identity import”. Until then the certificate before stays current. Given \
            again, the command gives the same request out.

              nacelle identity request -o /media/stick/turbine-7.csr
            """)

    @OptionGroup var common: CommonOptions

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Write the request to a file; by default to the terminal.", valueName: "file"),
        completion: .file())
    var output: String?

    @Flag(name: .long, help: "Give up a key and request that wait, and make new ones.")
    var new = false

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let work = try IdentityWork(configuration, reporter: ConsoleReporter(console))
            // Before the command becomes the identity's owner, who may not write there.
            let file = try output.map { (path) throws(Fault) in try RequestFile.open(path) }
            let pending = try work.request(replacing: new)
            let pem = try pending.request.pem()
            if let output, let file {
                try file.write(pem)
                console.say("The request for \(pending.request.subject) is in \(output).")
            } else if console.style != .json {
                console.emit(pem)
            }
            console.event(
                "result",
                [
                    ("ok", .bool(true)), ("outcome", .string("requested")),
                    ("subject", .string(pending.request.subject)),
                    ("request", .string(String(decoding: pem, as: UTF8.self))),
                    ("file", output.map(JSONValue.string)),
                ])
        }
    }
}
