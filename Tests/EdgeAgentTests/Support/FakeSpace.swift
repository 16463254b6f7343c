import Synchronization

/// How full a disk seems to be.
final class FakeSpace: Sendable {
    private let free = Mutex<Int64>(100)

    /// Bytes, of which the disk has 100.
    var freeBytes: Int64 {
        get { free.withLock { $0 } }
        set { free.withLock { $0 = newValue } }
    }

    var space: (freeBytes: Int64, totalBytes: Int64) { (freeBytes, 100) }
}
