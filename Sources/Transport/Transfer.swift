internal import CCurl
internal import CCurlShim
internal import Faults

/// One request and its answer, on a handle of the client's pool.
///
/// The client holds it while libcurl knows of it: libcurl's callbacks get it unretained.
final class Transfer {
    let easy: EasyHandle
    /// Whether it sends a body.
    let isPost: Bool
    /// Its own header lines, without what the client adds for a server.
    let headers: [String]
    private let sink: any BodySink
    private let ledger: Ledger
    private let pace: Pace
    private(set) var address: WebAddress
    private(set) var head = ResponseHead()
    private(set) var redirects = 0
    /// Why it stands still, if it does.
    private(set) var pause: Pause?
    /// What the sink, the budget or a bound refused.
    private(set) var refusal: Fault?
    /// How it ended, once the client knows.
    var result: TransferResult?
    /// What the client measures patience by.
    var patience = Patience()
    /// The beginning of an error's page, and how long it was.
    private(set) var page: [UInt8] = []
    private var discarded = 0
    /// How many of the bytes to come are booked.
    private var booked: Int64

    /// The longest body of an error or a redirect that is read to the end, in bytes.
    private static let longestPage = 64 << 10

    /// Makes a transfer; `booked` bytes of its answer are booked in the ledger already.
    init(
        _ easy: EasyHandle, to address: WebAddress, _ sink: any BodySink, _ ledger: Ledger,
        _ pace: Pace, booked: Int64, isPost: Bool = false, headers: [String] = []
    ) {
        self.easy = easy
        self.isPost = isPost
        self.headers = headers
        self.address = address
        self.sink = sink
        self.ledger = ledger
        self.pace = pace
        self.booked = booked
    }

    /// Points the handle's callbacks here.
    func attach() throws(Fault) {
        easy.clearError()
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        try unsafe easy.setSink(takeBody, context)
        try unsafe easy.setHeaderSink(takeHeader, context)
        try easy.set(CURLOPT_URL, address.text)
    }

    /// Points the handle's callbacks nowhere, and gives back what did not come.
    func detach() {
        // Without a context the callbacks do nothing, whatever libcurl still says.
        do throws(Fault) {
            try unsafe easy.setSink(takeBody, nil)
            try unsafe easy.setHeaderSink(takeHeader, nil)
        } catch {
            // Setting a pointer cannot fail.
        }
        ledger.release(booked)
        booked = 0
    }

    /// Asks the address that a redirect names.
    func follow(_ next: WebAddress) throws(Fault) {
        address = next
        redirects += 1
        head.restart()
        page = []
        discarded = 0
        easy.clearError()
        try easy.set(CURLOPT_URL, next.text)
    }

    /// Lets it go on, if it stands still for this reason.
    func resume(_ reason: Pause) throws(Fault) {
        guard pause == reason else { return }
        pause = nil
        patience.restart()
        try easy.unpause()
    }

    /// One header line; false ends the transfer.
    func take(header line: UnsafeRawBufferPointer) -> Bool {
        let wasComplete = head.isComplete
        guard unsafe head.take(line) else {
            return refuse(
                answered("header lines of more than \(ResponseHead.longest) bytes"))
        }
        guard head.isComplete, !wasComplete else { return true }
        do throws(Fault) {
            try judge()
            return true
        } catch {
            return refuse(error)
        }
    }

    /// Bytes of a body: how many were taken, none to end the transfer, or the mark for a pause.
    func take(body bytes: UnsafeRawBufferPointer) -> Int {
        guard head.isComplete else { return 0 }
        guard isBody else { return unsafe discard(bytes) }
        pause = sink.isFull ? .full : pace.isOpen() ? nil : .paced
        guard pause == nil else { return ccurl_pause() }
        do throws(Fault) {
            try book(bytes.count)
            try unsafe sink.take(bytes)
            return bytes.count
        } catch {
            _ = refuse(error)
            return 0
        }
    }

    /// Ends the body where libcurl saw no error.
    func endBody() throws(Fault) { try sink.end(head) }

    /// Whether the answer is one whose body the sink takes.
    var isBody: Bool { head.status == 200 || head.status == 206 }

    /// A refusal of what came from here.
    func answered(_ what: String) -> Fault {
        Fault(
            .serverRefused, "\(address.shown) answered with \(what).",
            advice: "Look at the server, and at what stands between it and this machine.")
    }

    private func judge() throws(Fault) {
        if let flaw = head.flaw { throw answered(flaw) }
        guard isBody else { return }
        if head.status == 200, head.isPage { throw StatusFault.portal(address) }
        guard head.contentEncoding.isEmpty || head.contentEncoding == "identity" else {
            throw answered(
                "a body encoded as “\(head.contentEncoding.prefix(40))”, which was not asked for")
        }
        guard !head.contentType.hasPrefix("multipart/") else {
            throw answered("several parts (multipart) in place of one")
        }
        try sink.begin(head)
        if let length = head.contentLength {
            ledger.release(booked)
            booked = 0
            try ledger.commit(length)
            booked = length
        }
    }

    private func book(_ count: Int) throws(Fault) {
        let known = min(booked, Int64(count))
        booked -= known
        try ledger.take(Int64(count), booked: known)
        pace.take(count)
        patience.bytes += Int64(count)
    }

    private func discard(_ bytes: UnsafeRawBufferPointer) -> Int {
        do throws(Fault) { try book(bytes.count) } catch { _ = refuse(error) }
        let room = max(1024 - page.count, 0)
        unsafe page.append(contentsOf: bytes.prefix(room))
        discarded += bytes.count
        return refusal == nil && discarded <= Transfer.longestPage ? bytes.count : 0
    }

    private func refuse(_ fault: Fault) -> Bool {
        if refusal == nil { refusal = fault }
        return false
    }
}

/// libcurl's header callback.
private func takeHeader(
    data: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let data = unsafe data, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let total = size * count
    let line = unsafe UnsafeRawBufferPointer(start: data, count: total)
    return unsafe transfer.take(header: line) ? total : 0
}

/// libcurl's body callback.
private func takeBody(
    data: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let data = unsafe data, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return unsafe transfer.take(body: UnsafeRawBufferPointer(start: data, count: size * count))
}
