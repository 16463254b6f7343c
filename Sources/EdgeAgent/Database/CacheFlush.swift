import PurgeModel

/// A cache of which everything is to be purged: asked for by an operator, or because another directory took its place.
///
/// It is kept until its marks are on the disk for sure, so that neither a crash nor a power loss makes it half a flush.
/// On disk: a byte for the mode, one for whether it is done, a third if it was asked for.
struct CacheFlush: Hashable, Stored {
    var mode: PurgeMode
    /// Whether all was purged, but may not be on the disk yet.
    var isDone = false
    /// Whether only an operator asked for it: no purge waits for it, also after a restart.
    var isAskedFor = false

    init(mode: PurgeMode, isDone: Bool = false, isAskedFor: Bool = false) {
        self.mode = mode
        self.isDone = isDone
        self.isAskedFor = isAskedFor
    }

    func encoded() -> [UInt8] { [mode == .delete ? 0 : 1, isDone ? 1 : 0] + (isAskedFor ? [1] : []) }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        guard (2...3).contains(bytes.count) else { throw IndexFormatError() }
        self.init(mode: bytes[0] == 0 ? .delete : .invalidate, isDone: bytes[1] == 1, isAskedFor: bytes.count == 3)
    }
}
