// codec-bench: drives the chunk codecs alone over seeded data, and memcpy and libzstd beside them in
// the same run. It is for who changes the codecs; it is not shipped.

internal import Bundle
internal import Faults
internal import Glibc
internal import StrictJSON

/// The program.
@main
struct CodecBench {
    private static let help = """
        USAGE: codec-bench [--json FILE] [--seed N] [--chunk KIB] [--level N] [--seconds S]

        Encodes and decodes seeded weights, and what a fine-tuning made of them, with every chunk
        codec and width. Speeds are plain bytes for each second of processor time, medians of five
        turns. "frame" is libzstd alone, decoding what the chunk's frame holds; a packed frame holds
        less than the chunk.

          --json FILE   writes the figures as JSON as well
          --seed N      another seed of the data (default 1)
          --chunk KIB   plain bytes of a chunk in KiB, 4 to 1024 (default 256)
          --level N     zstd's level (default 19)
          --seconds S   processor time for each turn, 0.01 to 10 (default 0.1)
          --help        this text
        """

    static func main() {
        do throws(Fault) {
            let arguments = Array(CommandLine.arguments.dropFirst())
            guard !arguments.contains("--help"), !arguments.contains("-h") else {
                print(help)
                return
            }
            let options = try BenchOptions(arguments)
            var bench = try Bench(options)
            try bench.run()
            if let path = options.json { try OutputText.write(bench.report.compact, to: path) }
        } catch {
            let words = Array("codec-bench: \(error)\n".utf8)
            // Standard error is the last place left; that writing to it fails changes nothing.
            _ = unsafe write(STDERR_FILENO, words, words.count)
            exit(error.code == .configuration ? 64 : error.code.exitStatus)
        }
    }
}
