import CRocksDB

/// A compaction filter as the library has it.
///
/// The library keeps its address and calls it until the database is closed: its owner must outlive that.
///
/// `@unchecked Sendable` because the pointer is constant, and the library calls the filter from any thread.
@safe
final class CompactionFilterHandle: @unchecked Sendable {
    /// What the library's calls come with.
    private final class Context: Sendable {
        let filter: CompactionFilter

        init(_ filter: CompactionFilter) { self.filter = filter }
    }

    /// Shown in the library's own log.
    private static let name: StaticString = "closure"

    private let pointer: OpaquePointer

    init(_ filter: CompactionFilter) {
        let context = unsafe Unmanaged.passRetained(Context(filter))
        unsafe pointer = rocksdb_compactionfilter_create(
            context.toOpaque(),
            { context in
                if let context = unsafe context { unsafe Unmanaged<Context>.fromOpaque(context).release() }
            },
            { context, _, key, keyCount, value, valueCount, _, _, _ in
                guard let context = unsafe context else { return 0 }
                // Not retained: millions of entries, on several threads, would all count at the same place.
                return unsafe Unmanaged<Context>.fromOpaque(context)._withUnsafeGuaranteedRef { context in
                    let key = unsafe libraryBuffer(key, keyCount)
                    let value = unsafe libraryBuffer(value, valueCount)
                    return unsafe context.filter.verdict(key.span, value.span) == .drop ? 1 : 0
                }
            },
            { _ in unsafe UnsafeRawPointer(CompactionFilterHandle.name.utf8Start).assumingMemoryBound(to: CChar.self) }
        )
    }

    deinit { unsafe rocksdb_compactionfilter_destroy(pointer) }

    /// Makes a family that is opened with these options use it.
    func install(in options: OpaquePointer) {
        unsafe rocksdb_options_set_compaction_filter(options, pointer)
    }
}
