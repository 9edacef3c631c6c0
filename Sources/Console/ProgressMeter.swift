/// Decides when progress is worth showing; draws nothing itself.
struct ProgressMeter {
    private static let redrawEvery: Int64 = 100

    private var phase: String?
    private var tenth: Int64 = 0
    private var drawn: Int64?
    private var isDrawn = false

    init() {}

    /// What to draw over the bar now; `nil` where the last one is recent enough.
    mutating func redraw(
        _ phase: String, done: Int64, total: Int64, at now: Int64
    ) -> ProgressStep? {
        let isNew = phase != self.phase
        let isLast = total > 0 && done >= total
        if !isNew, !isLast, let drawn, now - drawn < ProgressMeter.redrawEvery { return nil }
        self.phase = phase
        drawn = now
        isDrawn = true
        return ProgressStep(phase: phase, done: done, total: total)
    }

    /// What to write on a line of its own; `nil` where no phase began and no tenth was passed.
    mutating func advance(_ phase: String, done: Int64, total: Int64) -> ProgressStep? {
        let tenth = total > 0 ? min(done, total) / max(1, (total + 9) / 10) : 0
        guard phase != self.phase || tenth > self.tenth else { return nil }
        self.phase = phase
        self.tenth = tenth
        return ProgressStep(phase: phase, done: done, total: total)
    }

    /// Whether a bar stands on the terminal; it does not after this.
    mutating func takeBar() -> Bool {
        defer { isDrawn = false }
        return isDrawn
    }
}

/// One state of progress, as text.
struct ProgressStep: Equatable {
    let phase: String
    let done: Int64
    let total: Int64

    private var percent: Int64 {
        total > 0 ? Int64(Double(min(max(done, 0), total)) / Double(total) * 100) : 0
    }

    /// A line for a log.
    var line: String {
        guard total > 0 else { return done > 0 ? "\(phase): \(ByteCount.text(done))" : phase }
        return "\(phase): \(percent) % of \(ByteCount.text(total))"
    }

    /// A bar that replaces what stands on the terminal's line.
    func bar(columns: Int) -> String {
        let figures =
            total > 0
            ? " \(percent) % of \(ByteCount.text(total))" : " \(ByteCount.text(done))"
        let width = min(40, columns - phase.count - figures.count - 4)
        guard total > 0, width >= 8 else {
            return "\r\(String((phase + figures).prefix(max(columns - 1, 1))))\u{1B}[K"
        }
        let filled = Int(Double(width) * Double(percent) / 100)
        let bar =
            String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return "\r\(phase) \(bar)\(figures)\u{1B}[K"
    }
}
