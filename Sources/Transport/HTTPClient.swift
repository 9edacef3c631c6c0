internal import CCurl
internal import DurableFiles
public import Faults

/// HTTPS for one job at a time: the one owner of its connections, which are kept and reused.
///
/// It has no thread of its own: bytes move while one of its methods, or one of its sources', runs.
/// Not for several threads at once.
public final class HTTPClient {
    let settings: TransferSettings
    let ledger = Ledger()
    private let identity: ClientIdentity?
    /// The certificates that may stand behind a server; `nil` for the system's.
    private let authorities: [UInt8]?
    private var alsoTick: (() throws(Fault) -> Void)?
    private let pace: Pace
    private let multi: MultiHandle
    private let tick: () throws(Fault) -> Void
    private var idle: [EasyHandle] = []
    private var active: [Transfer] = []
    private var lastTick = timeSinceBoot()
    private let ends: Duration
    /// How long libcurl was driven.
    private(set) var driven = Duration.zero
    /// How long bodies were on their way in all, from the first byte of each to its last.
    private var bodyMicroseconds: Int64 = 0

    /// Makes a client; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - settings: how bytes are fetched.
    ///   - tick: called at least every 100 ms while waiting; what it throws ends the wait and what
    ///     was under way.
    /// - Throws: a `Fault` of code `configuration` for settings that cannot be used.
    public init(
        _ settings: TransferSettings, tick: @escaping () throws(Fault) -> Void = {}
    ) throws(Fault) {
        try settings.check()
        if let own = settings.certificate {
            identity = try ClientIdentity(own)
        } else {
            identity = nil
        }
        authorities = try HTTPClient.authorities(settings.authorities)
        let multi = try MultiHandle()
        try multi.set(CURLMOPT_MAX_HOST_CONNECTIONS, settings.parallel)
        self.multi = multi
        pace = Pace(settings.bytesPerSecond)
        self.settings = settings
        self.tick = tick
        ends = timeSinceBoot() + settings.deadline
        // A bad authority file or certificate shall be told before anything is asked.
        let first = try EasyHandle()
        try first.configure(settings, identity, authorities: authorities)
        idle.append(first)
    }

    deinit {
        for transfer in active {
            transfer.detach()
            multi.remove(transfer.easy)
        }
    }

    /// Reads a file of authorities once, as connections are also made after the process has become
    /// somebody else, who may not read it.
    private static func authorities(_ path: String?) throws(Fault) -> [UInt8]? {
        guard let path else { return nil }
        do throws(Fault) {
            let bytes = try FilePlace.read(path, limit: 8 << 20)
            guard bytes.contains(UInt8(ascii: "-")) else {
                throw Fault(.tls, "\(path) holds no PEM certificate.")
            }
            return bytes
        } catch {
            throw Fault(
                .tls, "The file of certificate authorities cannot be used: \(error.message)",
                advice: "Check the path, and that it holds PEM certificates.", cause: error.cause)
        }
    }

    /// Has something else asked at each tick from now on.
    ///
    /// - Parameter check: what it throws ends the wait and what was under way.
    public func watch(_ check: @escaping () throws(Fault) -> Void) { alsoTick = check }

    /// How many bytes of bodies were received in all, errors' pages included.
    public var received: Int64 { ledger.received }

    /// Bytes a second of the bodies that came until now, connecting and waiting left out; `nil` before
    /// enough has come to tell.
    public var rate: Int64? {
        guard received >= 16 << 10 else { return nil }
        return Int64(Double(received) * 1_000_000 / Double(max(bodyMicroseconds, 1000)))
    }

    /// The most bytes of bodies that may be received in all; `nil` for no bound.
    ///
    /// What would pass it is refused with the code `budget`, before it is asked for where its
    /// length is known, and at the byte where not.
    public var budget: Int64? {
        get { ledger.budget }
        set { ledger.budget = newValue }
    }

    /// Counts what comes and goes in the month's bytes from now on; `nil` where nobody does.
    ///
    /// What would pass the month's bound is refused with the code `budget`, as ``budget`` is.
    public var meter: TrafficMeter? {
        get { ledger.meter }
        set { ledger.meter = newValue }
    }

    /// Begins a request.
    ///
    /// - Parameters:
    ///   - address: what to ask for.
    ///   - range: which bytes; `nil` for all.
    ///   - headers: further header lines.
    ///   - body: what is posted; `nil` for a GET.
    ///   - method: the method of what has a body, if not POST.
    ///   - isOnce: whether libcurl must not ask twice by itself.
    ///   - sink: where the body goes.
    /// - Returns: the transfer, which runs while the client is driven.
    /// - Throws: a `Fault`, of code `budget` where the range is not affordable.
    func start(
        _ address: WebAddress, range: Range<Int64>? = nil, headers: [String] = [],
        posting body: [UInt8]? = nil, method: String? = nil, isOnce: Bool = false,
        into sink: any BodySink
    ) throws(Fault) -> Transfer {
        guard settings.allowPlainHTTP || !address.isPlain else {
            throw Fault(
                .configuration,
                "\(address.shown) is not fetched: nothing protects what plain HTTP brings.",
                advice: "Use an https address, or allow plain HTTP in the configuration.")
        }
        try checkDeadline()
        let booked = range.map { $0.upperBound - $0.lowerBound } ?? 0
        if booked == 0 { try meter?.prepare() }
        try ledger.commit(booked)
        do throws(Fault) {
            let easy = try handle()
            try easy.set(CURLOPT_RANGE, range.map { "\($0.lowerBound)-\($0.upperBound - 1)" })
            try easy.setHeaders(headers + credentials(for: address))
            try easy.setBody(copying: body)
            try easy.set(CURLOPT_CUSTOMREQUEST, method)
            try easy.set(CURLOPT_FRESH_CONNECT, isOnce ? 1 : 0)
            let transfer = Transfer(
                easy, to: address, sink, ledger, pace, booked: booked, isPost: body != nil,
                headers: headers)
            try transfer.attach()
            try multi.add(easy)
            active.append(transfer)
            return transfer
        } catch {
            ledger.release(booked)
            throw error
        }
    }

    /// Begins a small request.
    func start(
        _ address: WebAddress, as request: WebRequest, into sink: any BodySink
    ) throws(Fault) -> Transfer {
        try start(
            address, headers: request.headers, posting: request.body,
            method: request.method == .put ? request.method.rawValue : nil,
            isOnce: request.isOnce, into: sink)
    }

    /// The secret is for one server alone, also where another redirects to it or it to another.
    private func credentials(for address: WebAddress) -> [String] {
        settings.credential?.lines(for: address) ?? []
    }

    /// Gives a transfer up, if it is not over.
    func cancel(_ transfer: Transfer) {
        guard let index = active.firstIndex(where: { $0 === transfer }) else { return }
        retire(at: index)
        transfer.result = .failed(Fault(.cancelled, "The transfer was given up."))
    }

    /// Moves what can be moved now, without waiting.
    ///
    /// - Returns: whether bytes came or a transfer ended.
    @discardableResult
    func turn() throws(Fault) -> Bool {
        guard !active.isEmpty else { return false }
        let before = received
        // In order, so that what is needed first goes on first.
        for transfer in active where transfer.pause == .paced && pace.isOpen() {
            try transfer.resume(.paced)
        }
        try multi.perform()
        var ended = false
        while let result = unsafe multi.nextResult() {
            guard let index = active.firstIndex(where: { unsafe $0.easy.raw == result.easy })
            else { continue }
            ended = try unsafe settle(active[index], result.code, at: index) || ended
        }
        return ended || received != before
    }

    /// Waits a little for something to happen, and calls the tick where it is due.
    ///
    /// - Parameter moment: until then, by time since boot, and not longer than 50 ms.
    /// - Throws: what the tick throws, or a `Fault` of code `network` past the deadline.
    func step(until moment: Duration? = nil) throws(Fault) {
        try checkDeadline()
        if timeSinceBoot() - lastTick >= .milliseconds(50) {
            lastTick = timeSinceBoot()
            try tick()
            try alsoTick?()
        }
        guard try !turn() else { return }
        let before = timeSinceBoot()
        var longest = moment.map { min($0 - before, .milliseconds(50)) } ?? .milliseconds(50)
        if active.contains(where: { $0.pause == .paced }) { longest = min(longest, pace.wait()) }
        // Rounded up, so that a wait of less than one is not spun through.
        try multi.wait(milliseconds: Int(max(longest.wholeMilliseconds, 0)) + 1)
        driven += min(timeSinceBoot() - before, .seconds(1))
        try turn()
        try watch()
    }

    private func checkDeadline() throws(Fault) {
        guard timeSinceBoot() < ends else {
            throw Fault(
                .network,
                "The deadline of \(settings.deadline.shown) for all transfers has passed; "
                    + "\(received) bytes were received.",
                advice: "Start the command again; it goes on where it was.")
        }
    }

    private func handle() throws(Fault) -> EasyHandle {
        if let easy = idle.popLast() { return easy }
        let easy = try EasyHandle()
        try easy.configure(settings, identity, authorities: authorities)
        return easy
    }

    /// Takes a transfer that is over from libcurl, or sends it on where it was redirected.
    private func settle(
        _ transfer: Transfer, _ code: CURLcode, at index: Int
    ) throws(Fault) -> Bool {
        // What is posted is for the server that was named, and for no other.
        if transfer.refusal == nil, transfer.head.isComplete, transfer.head.isRedirect,
            !transfer.isPost
        {
            do throws(Fault) {
                let next = try Redirect.next(
                    transfer, named: transfer.easy.text(CURLINFO_REDIRECT_URL),
                    most: settings.redirects)
                multi.remove(transfer.easy)
                ledger.note(transfer.easy.lines)
                try transfer.follow(next)
                try transfer.easy.setHeaders(transfer.headers + credentials(for: next))
                try multi.add(transfer.easy)
                return false
            } catch {
                transfer.result = .failed(error)
            }
        } else {
            transfer.result = transfer.verdict(code)
            let first = transfer.easy.large(CURLINFO_STARTTRANSFER_TIME_T)
            bodyMicroseconds += max(transfer.easy.large(CURLINFO_TOTAL_TIME_T) - first, 0)
        }
        retire(at: index)
        return true
    }

    private func retire(at index: Int) {
        let transfer = active.remove(at: index)
        multi.remove(transfer.easy)
        ledger.note(transfer.easy.lines)
        transfer.detach()
        idle.append(transfer.easy)
    }

    /// Gives up what keeps this machine waiting for too long.
    private func watch() throws(Fault) {
        for transfer in active {
            guard let fault = impatience(transfer) else { continue }
            guard let index = active.firstIndex(where: { $0 === transfer }) else { continue }
            retire(at: index)
            transfer.result = .passing(fault, wait: nil)
        }
    }
}
