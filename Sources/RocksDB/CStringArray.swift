import Glibc

/// Strings as C wants a list of them: an array of pointers, freed with its owner.
@safe
struct CStringArray: ~Copyable {
    private let pointers: [UnsafePointer<CChar>?]

    /// Copies the strings, which hold no zero byte (`requireCString`).
    init(_ strings: [String]) {
        unsafe pointers = strings.map { unsafe UnsafePointer(strdup($0)) }
    }

    deinit {
        unsafe pointers.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) }
    }

    /// Lends the list, one zero-terminated string each, for the duration of `body`.
    borrowing func withPointers<R, E: Error>(
        _ body: ([UnsafePointer<CChar>?]) throws(E) -> R
    ) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try unsafe body(pointers)
    }
}
