internal import CSnappy
internal import Faults

/// Encodes samples as Prometheus' remote write, version 0.1.0: a protobuf message in a snappy block.
///
/// <https://prometheus.io/docs/concepts/remote_write_spec/>
enum RemoteWrite {
    /// The header lines of a request.
    static let headers = [
        "Content-Type: application/x-protobuf", "Content-Encoding: snappy",
        "X-Prometheus-Remote-Write-Version: 0.1.0",
    ]

    /// The body of a request: samples of one series together, in the order of their times.
    static func body(_ samples: [TimedSample]) throws(Fault) -> [UInt8] {
        var order: [SeriesKey] = []
        var series: [SeriesKey: [TimedSample]] = [:]
        for timed in samples {
            let key = SeriesKey(timed.sample)
            if series[key] == nil { order.append(key) }
            series[key, default: []].append(timed)
        }
        var message = Protobuf()
        for key in order {
            var one = Protobuf()
            for (name, value) in key.labels {
                var label = Protobuf()
                label.text(1, name)
                label.text(2, value)
                one.nested(1, label)
            }
            for timed in (series[key] ?? []).sorted(by: { $0.milliseconds < $1.milliseconds }) {
                var sample = Protobuf()
                sample.double(1, timed.sample.value)
                sample.varint(2, UInt64(bitPattern: timed.milliseconds))
                one.nested(2, sample)
            }
            message.nested(1, one)
        }
        return try compressed(message.bytes)
    }

    private static func compressed(_ bytes: [UInt8]) throws(Fault) -> [UInt8] {
        var length = snappy_max_compressed_length(bytes.count)
        var out = [UInt8](repeating: 0, count: length)
        let status = unsafe bytes.withUnsafeBytes { source in
            unsafe out.withUnsafeMutableBytes { target in
                unsafe snappy_compress(
                    source.baseAddress?.assumingMemoryBound(to: CChar.self), source.count,
                    target.baseAddress?.assumingMemoryBound(to: CChar.self), &length)
            }
        }
        guard status == SNAPPY_OK else {
            throw Fault(.internalError, "snappy did not compress \(bytes.count) bytes.")
        }
        return Array(out.prefix(length))
    }
}

/// A series by its labels, the name among them, in the order that the protocol wants.
private struct SeriesKey: Hashable {
    let labels: [(name: String, value: String)]

    init(_ sample: MetricSample) {
        var all = sample.labels
        all["__name__"] = sample.name
        labels = all.map { (name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
    }

    static func == (one: SeriesKey, other: SeriesKey) -> Bool {
        one.labels.elementsEqual(other.labels, by: ==)
    }

    func hash(into hasher: inout Hasher) {
        for (name, value) in labels {
            hasher.combine(name)
            hasher.combine(value)
        }
    }
}

/// The few kinds of protobuf fields that it takes.
private struct Protobuf {
    private(set) var bytes: [UInt8] = []

    private mutating func raw(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func varint(_ field: UInt64, _ value: UInt64) {
        raw(field << 3)
        raw(value)
    }

    mutating func double(_ field: UInt64, _ value: Double) {
        raw(field << 3 | 1)
        var bits = value.bitPattern
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: bits))
            bits >>= 8
        }
    }

    mutating func text(_ field: UInt64, _ value: String) {
        raw(field << 3 | 2)
        raw(UInt64(value.utf8.count))
        bytes += value.utf8
    }

    mutating func nested(_ field: UInt64, _ value: Protobuf) {
        raw(field << 3 | 2)
        raw(UInt64(value.bytes.count))
        bytes += value.bytes
    }
}
