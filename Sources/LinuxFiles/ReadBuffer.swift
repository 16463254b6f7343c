/// Memory that the kernel writes records into, allocated once and used again for each read.
///
/// Aligned to 8 bytes, as the kernel's records are.
///
/// `@unchecked Sendable` because it cannot be copied and its owners give it to one reader at a time (a lock, or one
/// function).
@safe
struct ReadBuffer: ~Copyable, @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer
    let byteCount: Int

    init(byteCount: Int) {
        self.byteCount = byteCount
        unsafe bytes = .allocate(byteCount: byteCount, alignment: 8)
    }

    deinit {
        unsafe bytes.deallocate()
    }

    /// Reads a fixed-width integer at a byte offset that a record's own length has shown to be inside.
    func load<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Value.Type) -> Value {
        precondition(
            offset >= 0 && offset + MemoryLayout<Value>.size <= byteCount, "a kernel record overruns the buffer")
        return unsafe bytes.loadUnaligned(fromByteOffset: offset, as: type)
    }

    /// The text from `offset` to the first null byte, at the latest to `end`.
    ///
    /// Bytes that are not UTF-8 are repaired, so such a name cannot be opened again; callers look for names that they
    /// know the form of.
    func text(from offset: Int, to end: Int) -> String {
        precondition(offset >= 0 && offset <= end && end <= byteCount, "a kernel record overruns the buffer")
        var last = offset
        while last < end, unsafe bytes[last] != 0 { last += 1 }
        return unsafe String(decoding: UnsafeRawBufferPointer(rebasing: bytes[offset..<last]), as: UTF8.self)
    }
}
