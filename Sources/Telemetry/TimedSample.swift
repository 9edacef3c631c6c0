/// A sample with the time at which it was true.
public struct TimedSample: Sendable, Equatable {
    /// The sample.
    public var sample: MetricSample
    /// The time, in milliseconds since 1970.
    public var milliseconds: Int64

    /// Makes one.
    public init(_ sample: MetricSample, at milliseconds: Int64) {
        self.sample = sample
        self.milliseconds = milliseconds
    }

    /// Reads lines as ``MetricPage/samples(_:with:at:)`` writes them; a line that is none is passed over.
    ///
    /// - Parameter bytes: whole lines.
    /// - Returns: the samples, in order.
    public static func read(_ bytes: [UInt8]) -> [TimedSample] {
        var samples: [TimedSample] = []
        for line in bytes.split(separator: 0x0A) {
            guard let space = line.lastIndex(of: 0x20),
                let time = Int64(String(decoding: line[(space + 1)...], as: UTF8.self)),
                let read = try? MetricText.read(Array(line[..<space])), let sample = read.first
            else { continue }
            samples.append(TimedSample(sample, at: time))
        }
        return samples
    }
}
