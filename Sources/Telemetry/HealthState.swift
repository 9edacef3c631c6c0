/// What is kept of a version's answers from one look to the next; bounded, whatever it is told.
public struct HealthState: Sendable, Equatable {
    /// When a window is over.
    public struct WindowRule: Sendable, Equatable {
        /// So many predictions must be in it.
        public var samples: UInt64
        /// It lasts at least so long, in seconds.
        public var least: Int64
        /// After so long it is over even with fewer predictions, in seconds; it then says nothing.
        public var longest: Int64

        /// Makes a rule.
        public init(samples: UInt64, least: Int64, longest: Int64 = 7 * 86_400) {
            self.samples = samples
            self.least = least
            self.longest = longest
        }
    }

    /// So many windows that are over are kept.
    public static let mostPast = 48

    /// The tree of the version, in hex: another one begins anew.
    public let tree: String
    /// When it was looked at first, in seconds since 1970.
    public internal(set) var began: Int64
    /// When it was looked at last.
    public internal(set) var lookedAt: Int64
    /// When its page was read last; 0 for never.
    public internal(set) var readAt: Int64 = 0
    /// Why its page could not be read at the last look; empty where it could.
    public internal(set) var problem = ""
    /// The page of then.
    public internal(set) var reading: ModelReading?
    /// What it counted in all since it was looked at first, over its restarts.
    public internal(set) var totals = ModelCounts()
    /// When the open window began.
    public internal(set) var windowBegan: Int64
    /// What the open window holds.
    public internal(set) var window = ModelCounts()
    /// The mean time of an inference between the last two pages, in seconds; `nil` without one.
    public internal(set) var latency: Double?
    /// The windows before, the newest last.
    public internal(set) var past: [DriftPoint] = []
    /// What the window that was looked at last had nothing to compare with.
    public internal(set) var missing: [String] = []
    /// What is said of them; `nil` where the release has no reference.
    public internal(set) var judge: DriftJudge?

    /// Begins to look at a version.
    ///
    /// - Parameters:
    ///   - tree: its tree digest in hex.
    ///   - limits: how far it may be from its reference; `nil` where it has none.
    ///   - now: seconds since 1970.
    public init(tree: String, _ limits: DriftLimits?, at now: Int64) {
        self.tree = tree
        began = now
        lookedAt = now
        windowBegan = now
        judge = limits.map(DriftJudge.init)
    }

    /// Notes that the page could not be read.
    ///
    /// - Parameters:
    ///   - problem: why, in a few words.
    ///   - now: seconds since 1970.
    public mutating func miss(_ problem: String, at now: Int64) {
        self.problem = String(decoding: Array(problem.utf8.prefix(500)), as: UTF8.self)
        note(now)
    }

    /// Where the clock ran ahead when it was looked at first, that was now at the latest.
    private mutating func note(_ now: Int64) {
        lookedAt = now
        began = min(began, now)
    }

    /// Takes in a page.
    ///
    /// What was counted before the first look is not this version's for sure: the program may not have
    /// been restarted yet. It is where the next ones are counted from.
    ///
    /// - Parameters:
    ///   - page: the page.
    ///   - now: seconds since 1970.
    public mutating func take(_ page: ModelReading, at now: Int64) {
        note(now)
        let classes = Set(totals.predictions.keys).union(page.counts.predictions.keys)
        guard classes.count <= IntervalCounts.mostGroups else {
            return miss(
                "it names more than \(IntervalCounts.mostGroups) classes over time", at: now)
        }
        readAt = now
        problem = ""
        defer { reading = page }
        guard let last = reading else { return }
        var more = page.counts
        var spent = page.latency
        if last.started == page.started, let difference = page.counts.since(last.counts) {
            more = difference
            spent = max(0, page.latency - last.latency)
        }
        totals.add(more)
        window.add(more)
        latency = more.inferences > 0 ? spent / Double(more.inferences) : nil
    }

    /// Ends the open window where it is over, and judges it.
    ///
    /// - Parameters:
    ///   - rule: when it is.
    ///   - reference: what its counts are held against.
    ///   - now: seconds since 1970.
    /// - Returns: whether one ended.
    @discardableResult
    public mutating func closeWindow(
        _ rule: WindowRule, against reference: ModelReference?, at now: Int64
    ) -> Bool {
        // A clock that was set back does not hold a window open for ever.
        let age = now < windowBegan ? Int64.max : now - windowBegan
        let asked = max(window.samples, window.inferences &+ window.errors)
        let isFull = asked >= rule.samples && age >= rule.least
        guard isFull || age >= rule.longest else { return false }
        if let reference {
            let figures = DriftFigures(window, against: reference.counts)
            missing = figures.missing
            // Classes that are too thin to be compared fill up.
            guard figures.isTelling(reference.limits) || age >= rule.longest else { return false }
            _ = judge?.take(figures)
            if figures.samples > 0 { past.append(DriftPoint(at: now, figures)) }
            if past.count > HealthState.mostPast { past.removeFirst() }
        }
        window = ModelCounts()
        windowBegan = now
        return true
    }

    /// The verdict of now; `nil` where the release has no reference.
    public var verdict: DriftVerdict? {
        guard let judge else { return nil }
        guard case .undecided = judge.verdict else { return judge.verdict }
        return .undecided(samples: window.samples, needed: judge.limits.samples)
    }

    /// Why nothing is said yet, in words; `nil` where something is.
    public var wait: String? {
        guard let judge, case .undecided = judge.verdict else { return nil }
        let needed = judge.limits.samples
        if window.samples >= needed, !missing.isEmpty {
            return
                "\(window.samples) predictions seen, and not enough in each class, or not in the "
                + "reference's intervals, to compare \(missing.joined(separator: ", "))"
        }
        let words = "\(window.samples) of \(needed) predictions seen"
        return past.isEmpty
            ? words : words + " since the last of \(past.count) full windows, which did not agree"
    }
}
