import Faults

/// One reader under the fuzzer: bytes from outside go in, and it accepts or refuses them.
///
/// A reader may refuse whatever it likes, in words; it may neither trap nor break what is held of it
/// here. One build holds all of them; scripts/fuzz names one.
struct FuzzTarget: Sendable {
    /// What became of an input.
    enum Verdict: Equatable {
        /// The reader took it, and everything that is held of it was true.
        case accepted
        /// The reader refused it.
        case refused(Fault)
        /// Something that is held of the reader is not true.
        case broken(String)
    }

    /// The longest refusal, in bytes: what a stranger sends must not fill a log.
    static let longestRefusal = 13 << 10

    /// The name: that of its seeds' folder.
    let name: String
    /// What it reads, for `--list`.
    let reads: String
    /// The longest input that the fuzzer makes, in bytes.
    let longest: Int
    /// Gives an input to the reader; throws the reader's `Fault`, or ``Broken``.
    let read: @Sendable ([UInt8]) throws -> Void

    init(
        _ name: String, _ reads: String, longest: Int = 4096,
        read: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.reads = reads
        self.longest = longest
        self.read = read
    }

    /// Gives an input to the reader, and judges what it does.
    func judge(_ input: [UInt8]) -> Verdict {
        do {
            try read(input)
            return .accepted
        } catch let broken as Broken {
            return .broken(broken.what)
        } catch let fault as Fault {
            let length = fault.description.utf8.count
            guard length <= FuzzTarget.longestRefusal else {
                return .broken("a refusal of \(length) bytes: \(fault.description.prefix(200))…")
            }
            guard fault.code != .internalError else {
                return .broken("an internal error: \(fault.description)")
            }
            return .refused(fault)
        } catch {
            return .broken("an error that is no fault: \(error)")
        }
    }
}

/// Something that is held of a reader and is not true.
struct Broken: Error {
    let what: String
}

/// Holds that something is true of what a reader did.
func hold(_ isTrue: Bool, _ what: @autoclosure () -> String) throws(Broken) {
    guard isTrue else { throw Broken(what: what()) }
}

/// Holds that what a reader accepted, and its writer wrote, is accepted again.
func again<Value>(_ what: String, _ read: () throws -> Value) throws -> Value {
    do {
        return try read()
    } catch let fault as Fault {
        throw Broken(what: "\(what) is not read again: \(fault.message)")
    }
}
