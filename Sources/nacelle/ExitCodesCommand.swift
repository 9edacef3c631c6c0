internal import ArgumentParser
internal import Faults

/// `nacelle exit-codes`.
struct ExitCodesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exit-codes", abstract: "List the exit codes and what they mean.")

    func run() {
        print("  0  ok: success")
        for code in FaultCode.allCases.sorted(by: { $0.exitStatus < $1.exitStatus }) {
            let number = "\(code.exitStatus)"
            let padding = String(repeating: " ", count: max(3 - number.count, 0))
            print("\(padding)\(number)  \(code.rawValue): \(code.meaning)")
        }
        print(" 64  usage: wrong options or arguments")
    }
}
