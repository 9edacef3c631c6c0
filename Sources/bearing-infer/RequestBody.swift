internal import FlyingFox
internal import FlyingSocks
internal import FoundationEssentials

/// Reads a request's body within a bound.
enum RequestBody {
    /// How much of a body that is too long is still read and thrown away, so that a client that
    /// writes before it reads gets to read the refusal.
    private static let drained = 8 << 20

    static func read(
        _ sequence: HTTPBodySequence, limit: Int
    ) async throws(ProtocolError) -> [UInt8] {
        var bytes: [UInt8] = []
        var total = 0
        do {
            for try await chunk in sequence {
                total += chunk.count
                guard total <= limit else {
                    bytes = []
                    if total > limit + drained { break }
                    continue
                }
                bytes.append(contentsOf: chunk)
            }
        } catch {
            throw .badRequest("The body ended early, after \(total) bytes (\(error)).")
        }
        guard total <= limit else {
            let found = sequence.count.map { "\($0)" } ?? "more than \(limit)"
            throw ProtocolError(
                status: 413,
                message: "The body has \(found) bytes; at most \(limit) are accepted.")
        }
        return bytes
    }
}

/// A response body after which the connection ends.
///
/// What is left of a request that was not read to its end must not be taken for another request,
/// and FlyingFox closes a connection only where the request asks for it or an error stops it. So
/// this body is followed by an error.
struct LastWords: AsyncBufferedSequence {
    typealias Element = UInt8

    private let data: Data

    static func sequence(_ data: Data) -> HTTPBodySequence {
        HTTPBodySequence(from: LastWords(data: data), count: data.count)
    }

    func makeAsyncIterator() -> Iterator { Iterator(data: data) }

    struct Iterator: AsyncBufferedIteratorProtocol {
        fileprivate var data: Data?

        mutating func next() async throws -> UInt8? {
            guard let first = data?.first else { throw SocketError.disconnected }
            data = data?.dropFirst()
            return first
        }

        mutating func nextBuffer(suggested count: Int) async throws -> Data? {
            guard let data else { throw SocketError.disconnected }
            self.data = nil
            return data
        }
    }
}
