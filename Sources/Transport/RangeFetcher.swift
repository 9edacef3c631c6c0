internal import Faults

/// Reads a file by range requests: several under way in order, within the window of the plan.
final class RangeFetcher {
    /// A range that was asked for: what came of it, and what moves the rest.
    private struct Block {
        /// What it holds or will hold; cut short where a transfer broke.
        var range: Range<Int64>
        let body: RangeBody
        /// `nil` when it is over.
        var transfer: Transfer?
        /// Whether the plan asked for it, and not a read by itself.
        let isPlanned: Bool
        /// How many of its bytes were noted as progress.
        var noted = 0

        /// The end of what came.
        var end: Int64 { range.lowerBound + Int64(body.bytes.count) }
    }

    private let client: HTTPClient
    private let original: WebAddress
    private var address: WebAddress
    private let identity: SourceIdentity
    /// The first bytes of the file, which came with the opening.
    private let head: [UInt8]
    /// Ascending, without overlap.
    private var blocks: [Block] = []
    private var plan: FetchPlan
    private var retries: Retries
    /// What went wrong nearest to the reader, and from where on it is in the way.
    ///
    /// It is told when reading comes there: which trouble is told shall not depend on which process was
    /// faster.
    private var pending: (fault: Fault, from: Int64)?

    init(
        _ client: HTTPClient, _ original: WebAddress, now address: WebAddress,
        _ identity: SourceIdentity, head: [UInt8]
    ) {
        self.client = client
        self.original = original
        self.address = address
        self.identity = identity
        self.head = head
        let sizes = client.settings.requestSize
        plan = FetchPlan(
            sizes: Int64(sizes.lowerBound)...Int64(sizes.upperBound),
            window: TransferSettings.window)
        retries = Retries(client.settings.backOff)
    }

    deinit {
        for block in blocks { if let transfer = block.transfer { client.cancel(transfer) } }
    }

    /// What would be asked for, gaps included, so that some ranges can be read.
    func planned(_ ranges: [Range<Int64>]) -> RangeSet {
        let held = min(Int64(head.count), identity.length)
        var wanted = RangeSet(ranges, within: held..<identity.length)
        for block in blocks { wanted.remove(block.range) }
        return RangeSet(
            wanted.ranges, within: 0..<identity.length, joining: client.settings.gap)
    }

    /// Takes up new wishes in place of those before.
    func willRead(_ ranges: [Range<Int64>]) {
        let wanted = RangeSet(ranges, within: 0..<identity.length)
        discard { wanted.overlap(with: $0.range).isEmpty }
        plan.replace(open: planned(ranges), kept: blocks.map(\.range))
        proceed()
    }

    /// Lets go of what lies below an offset, and asks for more.
    func settle(below offset: Int64) {
        plan.settle(below: offset)
        discard { $0.range.upperBound <= offset }
        proceed()
    }

    /// Reads exactly `count` bytes.
    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(Fault) {
        let end = offset + Int64(count)
        var position = offset
        do throws(Fault) {
            while position < end {
                let copied = copy(position..<end, into: &buffer, at: Int(position - offset))
                position += Int64(copied)
                if copied == 0 { try obtain(position..<end) }
            }
        } catch {
            abandon()
            throw error
        }
        discard { !$0.isPlanned }
        proceed()
    }

    /// Copies what is held of a range's beginning.
    private func copy(
        _ range: Range<Int64>, into buffer: inout [UInt8], at place: Int
    ) -> Int {
        if range.lowerBound < head.count {
            let upper = min(range.upperBound, Int64(head.count))
            let count = Int(upper - range.lowerBound)
            buffer.copy(head, from: Int(range.lowerBound), count: count, to: place)
            return count
        }
        guard let index = blockIndex(holding: range.lowerBound) else { return 0 }
        let block = blocks[index]
        let upper = min(range.upperBound, block.end)
        guard upper > range.lowerBound else { return 0 }
        let from = Int(range.lowerBound - block.range.lowerBound)
        let count = Int(upper - range.lowerBound)
        buffer.copy(block.body.bytes, from: from, count: count, to: place)
        return count
    }

    /// Brings the first byte of a range nearer: asks for it, or waits.
    private func obtain(_ range: Range<Int64>) throws(Fault) {
        let isUnderWay = blockIndex(holding: range.lowerBound) != nil
        if !isUnderWay, let pending { throw pending.fault }
        let waits = timeSinceBoot() < retries.notBefore
        if !waits, !isUnderWay {
            try ask(range)
            fill()
            return
        }
        try client.step(until: waits ? retries.notBefore : nil)
        collect()
        fill()
    }

    /// Asks for the first bytes of a range: by the plan where the window allows it.
    private func ask(_ range: Range<Int64>) throws(Fault) {
        let left = client.ledger.left
        if let piece = plan.request(at: range.lowerBound, affordable: left) {
            return try begin(piece, planned: true)
        }
        let next = blocks.first { $0.range.lowerBound > range.lowerBound }?.range.lowerBound
        let most = range.lowerBound + Int64(client.settings.requestSize.upperBound)
        let piece = range.lowerBound..<min(range.upperBound, next ?? .max, most)
        plan.read(piece)
        try begin(piece, planned: false)
    }

    /// Asks ahead as far as the plan, the settings and the budget allow.
    private func fill() {
        guard timeSinceBoot() >= retries.notBefore else { return }
        while pending == nil,
            blocks.count(where: { $0.transfer != nil }) < client.settings.parallel,
            let piece = plan.next(affordable: client.ledger.left)
        {
            do throws(Fault) {
                try begin(piece, planned: true)
            } catch {
                keep(error, from: piece.lowerBound)
            }
        }
    }

    /// Keeps what went wrong until reading comes to it.
    private func keep(_ fault: Fault, from offset: Int64) {
        guard offset <= pending?.from ?? .max else { return }
        pending = (fault, offset)
    }

    private func begin(_ range: Range<Int64>, planned: Bool) throws(Fault) {
        let body = RangeBody(range, of: identity)
        do throws(Fault) {
            let transfer = try client.start(
                address, range: range, headers: identity.condition, into: body)
            let block = Block(range: range, body: body, transfer: transfer, isPlanned: planned)
            let place = blocks.firstIndex { $0.range.lowerBound > range.lowerBound }
            blocks.insert(block, at: place ?? blocks.count)
        } catch {
            if planned { plan.giveBack(range) }
            throw error
        }
    }

    /// Takes up what ended.
    private func collect() {
        for index in blocks.indices.reversed() {
            note(index)
            guard let transfer = blocks[index].transfer, let result = transfer.result else {
                continue
            }
            blocks[index].transfer = nil
            let end = blocks[index].end
            do throws(Fault) {
                switch result {
                case .complete:
                    retries.reset()
                    address = transfer.address
                case .failed(let fault):
                    cut(index)
                    try judge(fault, transfer)
                case .passing(let fault, let wish):
                    cut(index)
                    try retries.fail(fault, wish: wish)
                }
            } catch {
                keep(error, from: end)
            }
        }
    }

    /// A signed address that a redirect gave may have run out: the original gives a new one.
    private func judge(_ fault: Fault, _ transfer: Transfer) throws(Fault) {
        if address != original, [401, 403, 404, 410].contains(transfer.head.status) {
            address = original
            return
        }
        guard transfer.head.status == 416 else { throw fault }
        let said = transfer.head.contentRange.flatMap { ContentRange($0)?.total }
        if let said, said != identity.length {
            throw identity.changed("it had \(identity.length) bytes and now has \(said)")
        }
        throw Fault(
            fault.code, "\(fault.message) It said that it has \(identity.length) bytes.",
            advice: "Look at the server.")
    }

    private func note(_ index: Int) {
        let count = blocks[index].body.bytes.count
        retries.gain(Int64(count - blocks[index].noted))
        blocks[index].noted = count
    }

    /// Keeps what came of a block, and plans the rest again.
    private func cut(_ index: Int) {
        let block = blocks[index]
        if block.isPlanned { plan.giveBack(block.end..<block.range.upperBound) }
        if block.body.bytes.isEmpty {
            blocks.remove(at: index)
        } else {
            blocks[index].range = block.range.lowerBound..<block.end
        }
    }

    /// Ends all that is under way; what came stays.
    private func abandon() {
        for index in blocks.indices.reversed() {
            guard let transfer = blocks[index].transfer else { continue }
            client.cancel(transfer)
            blocks[index].transfer = nil
            cut(index)
        }
        discard { !$0.isPlanned }
        retries.reset()
        pending = nil
    }

    /// Lets blocks go.
    private func discard(where isOver: (Block) -> Bool) {
        for block in blocks where isOver(block) {
            if let transfer = block.transfer { client.cancel(transfer) }
        }
        blocks.removeAll(where: isOver)
    }

    /// Moves what can be moved without waiting; a fault is kept for the reading that comes to it.
    private func proceed() {
        do throws(Fault) {
            try client.turn()
            collect()
            fill()
            try client.turn()
        } catch {
            keep(error, from: 0)
        }
    }

    private func blockIndex(holding offset: Int64) -> Int? {
        blocks.firstIndex { $0.range.contains(offset) }
    }
}
