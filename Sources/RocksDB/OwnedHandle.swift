/// One object of the library, destroyed exactly once, when its owner goes away.
///
/// The library has some ten kinds of small objects (options, caches, iterators) that differ only in the function that
/// destroys them.
@safe
struct OwnedHandle: ~Copyable {
    private let pointer: OpaquePointer
    private let destroy: @convention(c) (OpaquePointer?) -> Void

    /// Takes over an object.
    ///
    /// - Parameters:
    ///   - pointer: the object.
    ///   - destroy: the function of `rocksdb/c.h` that frees it.
    @inline(__always)
    init(_ pointer: OpaquePointer, destroyedBy destroy: @convention(c) (OpaquePointer?) -> Void) {
        unsafe self.pointer = unsafe pointer
        unsafe self.destroy = unsafe destroy
    }

    deinit { unsafe destroy(pointer) }

    /// Lends the object for the duration of `body`.
    ///
    /// There is no other way to the pointer, because the compiler may end this value right after its last use: a
    /// pointer that was read from it before would then point to freed memory (seen in release builds).
    @inline(__always)
    borrowing func withPointer<R: ~Copyable, E: Error>(
        _ body: (OpaquePointer) throws(E) -> R
    ) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try unsafe body(pointer)
    }

    /// Gives the object away: whoever asked destroys it.
    consuming func release() -> OpaquePointer {
        let released = unsafe pointer
        discard self
        return unsafe released
    }
}
