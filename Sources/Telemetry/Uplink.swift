public import Faults
internal import Glibc
public import Transport

/// Pushes what waits to a server of time series, the oldest first.
public struct Uplink {
    /// In which form samples are pushed.
    public enum Format: String, Sendable, CaseIterable {
        /// Prometheus' remote write, which VictoriaMetrics and others take as well.
        case remoteWrite = "remote-write"
        /// Prometheus' text with time stamps, as VictoriaMetrics imports it.
        case text
    }

    /// What came of it.
    public enum Outcome: Sendable, Equatable {
        /// Nothing waits any more.
        case done
        /// The server, or the way to it, does not answer now.
        case later(String)
        /// The server does not want us: somebody has to mend an address or a key.
        case mend(String)
    }

    private let url: String
    private let format: Format
    private let http: HTTPClient

    /// Makes it.
    ///
    /// - Parameters:
    ///   - url: where to post.
    ///   - format: in which form.
    ///   - http: the client, with this machine's certificate.
    public init(_ url: String, _ format: Format, _ http: HTTPClient) {
        self.url = url
        self.format = format
        self.http = http
    }

    /// Pushes all that waits.
    ///
    /// What the server took is removed; what it will never take (older than it accepts, say) is given up
    /// sample by sample. An answer that is lost has the same samples pushed again: with the same times
    /// and values they are the same to the server.
    ///
    /// - Parameters:
    ///   - queue: what waits.
    ///   - dropped: where what was given up is counted.
    /// - Returns: what came of it.
    /// - Throws: a `Fault` where the queue cannot be read, or the command is to end.
    public func push(
        _ queue: borrowing SampleQueue, _ dropped: inout SampleQueue.Dropped
    ) throws(Fault) -> Outcome {
        var report = Report()
        for name in try queue.segments() {
            guard let lines = try? queue.read(name) else {
                try queue.setAside(name)
                continue
            }
            let known = current(lines, &dropped)
            switch try send(known) {
            case .taken: report.hasTaken = report.hasTaken || !known.isEmpty
            case .refused:
                if let outcome = try sendSingly(known, name, &report, &dropped) { return outcome }
                if report.held[name] != nil { continue }
            case .later(let why): return .later(why)
            case .mend(let why): return .mend(why)
            }
            try queue.remove(name)
        }
        // A server that takes nothing at all is a wrong address or form, not a wrong sample.
        guard report.hasTaken || report.held.isEmpty else { return .mend(report.words) }
        for (name, count) in report.held {
            dropped.refused += count
            try queue.remove(name)
        }
        return .done
    }

    /// What one push met with.
    private struct Report {
        var hasTaken = false
        /// Files none of whose samples were taken, though not for their age, and how many those are.
        var held: [String: Int] = [:]
        var words = ""
    }

    /// The lines without those of a time that has not come: a clock that was wrong then.
    ///
    /// Taken by a server, they would have it refuse everything of now.
    private func current(_ lines: [UInt8], _ dropped: inout SampleQueue.Dropped) -> [UInt8] {
        let latest = (Int64(time(nil)) + 300) * 1000
        guard TimedSample.read(lines).contains(where: { $0.milliseconds > latest }) else {
            return lines
        }
        var kept: [UInt8] = []
        for line in lines.split(separator: 0x0A) {
            let whole = Array(line) + [0x0A]
            guard let sample = TimedSample.read(whole).first, sample.milliseconds > latest else {
                kept += whole
                continue
            }
            dropped.refused += 1
        }
        return kept
    }

    /// Pushes moment by moment what was refused as a whole.
    ///
    /// - Returns: why it was not ended; `nil` where it was.
    private func sendSingly(
        _ lines: [UInt8], _ name: String, _ report: inout Report,
        _ dropped: inout SampleQueue.Dropped
    ) throws(Fault) -> Outcome? {
        var moments: [(time: Int64, samples: [TimedSample])] = []
        for sample in TimedSample.read(lines) {
            if moments.last?.time != sample.milliseconds {
                moments.append((sample.milliseconds, []))
            }
            moments[moments.count - 1].samples.append(sample)
        }
        var refused = 0
        var isForAge = true
        var hasTaken = false
        for moment in moments {
            switch try send(moment.samples) {
            case .taken: hasTaken = true
            case .refused(let words, let forAge):
                refused += moment.samples.count
                isForAge = isForAge && forAge
                report.words = words
            case .later(let why): return .later(why)
            case .mend(let why): return .mend(why)
            }
        }
        report.hasTaken = report.hasTaken || hasTaken
        if hasTaken || isForAge {
            dropped.refused += refused
        } else {
            report.held[name] = refused
        }
        return nil
    }

    private enum Answer {
        case taken
        /// It will never take it, in its words, and whether for its age.
        case refused(String, forAge: Bool)
        case later(String)
        case mend(String)
    }

    private func send(_ lines: [UInt8]) throws(Fault) -> Answer {
        guard !lines.isEmpty else { return .taken }
        switch format {
        case .remoteWrite: return try send(TimedSample.read(lines))
        case .text: return try post(lines, ["Content-Type: text/plain; version=0.0.4"])
        }
    }

    private func send(_ samples: [TimedSample]) throws(Fault) -> Answer {
        guard !samples.isEmpty else { return .taken }
        switch format {
        case .remoteWrite: return try post(RemoteWrite.body(samples), RemoteWrite.headers)
        case .text:
            var lines: [UInt8] = []
            for timed in samples {
                let family = MetricFamily(timed.sample.name, .gauge, "", [timed.sample])
                lines += MetricPage.samples([family], with: [:], at: timed.milliseconds)
            }
            return try post(lines, ["Content-Type: text/plain; version=0.0.4"])
        }
    }

    private func post(_ body: [UInt8], _ headers: [String]) throws(Fault) -> Answer {
        var request = WebRequest(
            .post, url, body: body, headers: headers, limit: 64 << 10, isOnce: true)
        request.takesServerErrors = true
        let answer: WebAnswer
        do throws(Fault) { answer = try http.exchange(request) } catch {
            switch error.code {
            case .cancelled: throw error
            case .network, .budget: return .later(error.message)
            default: return .mend(error.message)
            }
        }
        guard !answer.isSuccess else { return .taken }
        let words = String(decoding: answer.body.prefix(1024), as: UTF8.self)
        let said = "It answered \(answer.status): \(Uplink.line(words))"
        // Prometheus says of what is too old that it failed itself, and would again.
        let isTooOld = ["too old sample", "out of bounds", "out of order", "too far in the future"]
            .contains { words.lowercased().contains($0) }
        switch answer.status {
        case 400, 413, 422: return .refused(said, forAge: isTooOld)
        case 500...599 where isTooOld: return .refused(said, forAge: true)
        case 408, 425, 429, 500...599: return .later(said)
        default: return .mend(said)
        }
    }

    /// The first line of what a server wrote, without what a terminal would obey.
    private static func line(_ words: String) -> String {
        let first = words.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return String(
            String.UnicodeScalarView(
                first.unicodeScalars.prefix(200).map {
                    $0.value < 0x20 || $0.value == 0x7F ? " " : $0
                }))
    }
}
