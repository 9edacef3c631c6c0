internal import Glibc

/// C strings that live as long as this object.
@safe
final class CStrings {
    let pointers: [UnsafePointer<CChar>?]

    init(_ strings: [String]) {
        unsafe pointers = strings.map { unsafe UnsafePointer(strdup($0)) }
    }

    deinit { unsafe pointers.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
}
