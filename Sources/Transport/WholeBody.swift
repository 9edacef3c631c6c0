internal import Faults

/// The body of a small file that is fetched whole, up to a limit.
final class WholeBody: BodySink {
    private(set) var bytes: [UInt8] = []
    private let limit: Int
    private let name: String

    init(limit: Int, name: String) {
        self.limit = limit
        self.name = name
    }

    func begin(_ head: ResponseHead) throws(Fault) {
        guard head.status == 200 else {
            throw Fault(
                .serverRefused, "\(name): part of a file (status 206) came, and all was asked for.")
        }
        if let length = head.contentLength {
            guard length <= limit else { throw tooLong("\(length)") }
            bytes.reserveCapacity(Int(length))
        }
    }

    func take(_ more: UnsafeRawBufferPointer) throws(Fault) {
        guard more.count <= limit - bytes.count else { throw tooLong("more") }
        unsafe bytes.append(contentsOf: more)
    }

    func end(_ head: ResponseHead) throws(Fault) {}

    private func tooLong(_ length: String) -> Fault {
        Fault(
            .serverRefused,
            "\(name) has \(length) bytes; at most \(limit) were expected there.",
            advice: "Check the address.")
    }
}
