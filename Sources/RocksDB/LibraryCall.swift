import CRocksDB

/// Calls a function of the library that reports failure through its last argument, and throws what it reported.
///
/// The only place that knows the rule of `rocksdb/c.h`: `*errptr` starts as null, on failure it becomes a malloc()ed
/// string that is ours, so it is copied, freed, then thrown.
///
/// - Parameters:
///   - action: what is being done, for the message; evaluated only on failure.
///   - body: makes the one call, passing its argument on as `errptr`.
@inline(__always)
func callLibrary<R>(
    _ action: @autoclosure () -> String,
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
) throws(RocksDBError) -> R {
    var text: UnsafeMutablePointer<CChar>?
    let result = unsafe body(&text)
    if let text = unsafe text {
        throw RocksDBError(libraryText: unsafe takeString(text), action: action())
    }
    return result
}

/// Copies a string that the library allocated, and frees it.
///
/// Bytes that are no UTF-8 are repaired.
func takeString(_ text: UnsafeMutablePointer<CChar>) -> String {
    defer { unsafe rocksdb_free(text) }
    return unsafe String(cString: text)
}

/// Hands out bytes the way the library takes them.
///
/// Never null: the library reads null as "no bound" in some places.
@inline(__always)
func withLibraryBytes<R, E: Error>(
    _ bytes: Span<UInt8>, _ body: (UnsafePointer<CChar>, Int) throws(E) -> R
) throws(E) -> R {
    try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(E) -> R in
        guard let start = buffer.baseAddress else { return try unsafe body(emptyBytes, 0) }
        return try unsafe body(UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self), buffer.count)
    }
}

/// Views bytes of the library; the memory must stay valid for as long as the buffer is used.
@inline(__always)
func libraryBuffer(_ start: UnsafePointer<CChar>?, _ count: Int) -> UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(
        start: UnsafeRawPointer(start ?? emptyBytes).assumingMemoryBound(to: UInt8.self), count: count
    )
}

/// An address for empty keys and values.
///
/// Written once, never freed, never read.
private nonisolated(unsafe) let emptyBytes: UnsafePointer<CChar> = {
    let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    unsafe byte.initialize(to: 0)
    return unsafe UnsafePointer(byte)
}()

/// Refuses text that C would cut short at its first zero byte, and empty text.
func requireCString(_ text: String, _ what: String) throws(RocksDBError) {
    if text.isEmpty || text.utf8.contains(0) {
        throw RocksDBError(
            code: .invalidArgument, message: "\(what) \(text.debugDescription) is empty or holds a zero byte"
        )
    }
}
