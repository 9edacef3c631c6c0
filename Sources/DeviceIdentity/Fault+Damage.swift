internal import Faults

extension Fault {
    /// Whether files of the identity are to blame, which no later attempt mends, and not the disk,
    /// the rights or a token.
    var isDamage: Bool {
        switch code {
        case .storeDamaged, .keys, .tls, .malformed, .notFound: true
        default: false
        }
    }
}
