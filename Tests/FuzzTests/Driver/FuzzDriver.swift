// nacelle-fuzz: the readers under libFuzzer. Built by scripts/fuzz alone; no product contains it.

import Glibc

typealias OneInput = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: OneInput
) -> CInt

/// `nacelle-fuzz TARGET [LIBFUZZER ARGUMENT …]`, `--list`, `--seeds DIRECTORY`.
@main
struct FuzzDriver {
    /// The reader that this process feeds.
    nonisolated(unsafe) private static var target: FuzzTarget?

    static func main() {
        switch CommandLine.arguments.dropFirst().first {
        case "--list":
            for target in FuzzTargets.all {
                print("\(target.name)\t\(target.longest)\t\(target.reads)")
            }
        case "--seeds":
            do {
                try SeedWriter.write(below: CommandLine.arguments.last ?? ".")
            } catch {
                fail("\(error)")
            }
        case .some(let name):
            guard let target = FuzzTargets.named(name) else {
                fail("no reader is called “\(name)”")
            }
            FuzzDriver.target = target
            fuzz()
        case nil: fail("a reader's name, --list or --seeds DIRECTORY was expected")
        }
    }

    private static func fail(_ why: String) -> Never {
        say(why)
        exit(64)
    }

    private static func say(_ words: String) {
        let line = Array("nacelle-fuzz: \(words)\n".utf8)
        _ = Glibc.write(STDERR_FILENO, line, line.count)
    }

    /// Runs libFuzzer with the words that follow the reader's name; does not come back.
    private static func fuzz() -> Never {
        var count = CommandLine.argc - 1
        var words = CommandLine.unsafeArgv + 1
        words[0] = CommandLine.unsafeArgv[0]
        exit(
            runDriver(&count, &words) { bytes, count in
                let input = Array(UnsafeBufferPointer(start: bytes, count: count))
                guard case .broken(let what) = FuzzDriver.target?.judge(input) else { return 0 }
                FuzzDriver.say(what)
                abort()
            })
    }
}
