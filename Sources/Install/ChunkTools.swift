internal import Bundle
internal import Faults
internal import Sealing
internal import Locks

/// What one worker needs to turn a chunk's stored bytes into plain ones; each worker has its own.
final class ChunkTools: @unchecked Sendable {
    private var decoder: ChunkDecoder
    private var digest: SHA256
    private var cipher: ChunkCipher?
    private let reliesOnStored: Bool

    /// Makes tools.
    ///
    /// - Parameters:
    ///   - keys: the bundle's keys; `nil` for an unsealed one.
    ///   - reliesOnStored: whether what decodes from stored bytes alone, whose digest held, is taken
    ///     without digesting it again, as the tree is read back from the disk and digested in any
    ///     case.
    /// - Throws: a `Fault` where a library refuses.
    init(_ keys: borrowing ContentKeys?, reliesOnStored: Bool = false) throws(Fault) {
        self.reliesOnStored = reliesOnStored
        decoder = try ChunkDecoder()
        digest = try SHA256()
        cipher =
            switch keys {
            case .some(let keys): try keys.packCipher()
            case .none: nil
            }
    }

    /// Checks and decodes a chunk: stored digest, seal, base digest, codec, plain digest.
    ///
    /// No byte reaches a decoder before its digest holds, and none comes out before the plain digest
    /// does.
    func perform(_ work: ChunkWork) {
        do throws(Fault) {
            work.verdict = try examine(
                work, stored: &work.stored, base: work.base, plain: &work.plain)
        } catch {
            work.verdict = .fault(error)
        }
    }

    private func examine(
        _ work: ChunkWork, stored: inout [UInt8], base: [UInt8], plain: inout [UInt8]
    ) throws(Fault) -> ChunkWork.Verdict {
        let entry = work.entry
        if !work.isPlain {
            guard let place = entry.stored else { return .otherBytes }
            let count = try open(work.number, place, &stored)
            let baseLength = entry.base?.length ?? 0
            if let range = entry.base,
                try digest.digest(base.span.extracting(0..<baseLength)) != range.digest
            {
                return .baseDamaged
            }
            try decoder.decode(
                stored.span.extracting(0..<count), as: entry,
                base: base.span.extracting(0..<baseLength), into: &plain)
            if reliesOnStored, entry.base == nil { return .whole }
        }
        let found = try digest.digest(plain.span.extracting(0..<entry.plainLength))
        if found == entry.plainDigest { return .whole }
        guard work.isPlain else {
            throw Fault(
                .malformed, "Chunk \(work.number) decodes to other bytes than the index says.",
                advice: "Build the bundle anew.")
        }
        return .otherBytes
    }

    /// Holds the stored bytes against their digest and opens them in place.
    ///
    /// - Returns: how many encoded bytes there are.
    private func open(
        _ number: Int, _ place: IndexEntry.Stored, _ stored: inout [UInt8]
    ) throws(Fault) -> Int {
        guard try digest.digest(stored.span.extracting(0..<place.length)) == place.digest else {
            throw Fault.alteredChunk(number, place)
        }
        guard let seal = place.sealNumber else { return place.length }
        guard cipher != nil else {
            throw Fault(.malformed, "Chunk \(number) is sealed in a bundle that is not.")
        }
        guard
            let count = try cipher?.open(inPlace: &stored, count: place.length, number: seal)
        else {
            throw Fault(
                .malformed, "Chunk \(number) does not open with the bundle's key.",
                advice: "Build the bundle anew.")
        }
        return count
    }
}

/// The tools of several workers, of which each takes its own.
final class ToolBox: Sendable {
    private let tools: Guarded<[ChunkTools]>

    init(_ count: Int, _ keys: borrowing ContentKeys?, reliesOnStored: Bool) throws(Fault) {
        var made: [ChunkTools] = []
        for _ in 0..<count {
            made.append(try ChunkTools(keys, reliesOnStored: reliesOnStored))
        }
        let all = made
        tools = Guarded(all)
    }

    func take() throws(Fault) -> ChunkTools {
        guard let own = tools.withLock({ $0.popLast() }) else {
            throw Fault(.internalError, "There are more workers than tools.")
        }
        return own
    }
}

extension Fault {
    /// The stored bytes of a chunk do not have their digest.
    static func alteredChunk(_ number: Int, _ stored: IndexEntry.Stored) -> Fault {
        Fault(
            .malformed,
            "Chunk \(number) of the bundle was altered or damaged (bytes \(stored.position) to "
                + "\(stored.position + Int64(stored.length)) of the pack).",
            advice: "Fetch the bundle again.")
    }
}
