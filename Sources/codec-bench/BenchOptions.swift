internal import Faults

/// What the command line asks for.
struct BenchOptions {
    var json: String?
    var seed: UInt64 = 1
    var chunk = 256 << 10
    var level = 19
    var seconds = 0.1

    init(_ arguments: [String]) throws(Fault) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else {
                throw BenchOptions.wrong("“\(name)” is no option with a value")
            }
            switch name {
            case "--json": json = value
            case "--seed": seed = try BenchOptions.number(value, name, 0...UInt64.max)
            case "--chunk": chunk = Int(try BenchOptions.number(value, name, 4...1024)) << 10
            case "--level": level = Int(try BenchOptions.number(value, name, 1...22))
            case "--seconds":
                guard let number = Double(value), (0.01...10).contains(number) else {
                    throw BenchOptions.wrong("“\(value)” is no number from 0.01 to 10")
                }
                seconds = number
            default: throw BenchOptions.wrong("“\(name)” is no option")
            }
        }
    }

    private static func number(
        _ text: String, _ name: String, _ range: ClosedRange<UInt64>
    ) throws(Fault) -> UInt64 {
        guard let number = UInt64(text), range.contains(number) else {
            throw wrong(
                "\(name) is a number from \(range.lowerBound) to \(range.upperBound), not “\(text)”"
            )
        }
        return number
    }

    private static func wrong(_ what: String) -> Fault {
        Fault(.configuration, "Wrong usage: \(what).", advice: "See codec-bench --help.")
    }
}
