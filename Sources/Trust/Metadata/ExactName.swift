/// A name that is compared by its bytes.
///
/// Swift's strings are equal where Unicode calls them equivalent (`é` in one scalar or in two); to a
/// repository these are two names.
struct ExactName: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactName, right: ExactName) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
