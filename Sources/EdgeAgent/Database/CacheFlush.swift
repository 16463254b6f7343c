import PurgeModel

/// A cache of which everything is to be purged: asked for by an operator, or because another directory took its place.
///
/// It is kept until its marks are on the disk for sure, so that neither a crash nor a power loss makes it half a flush.
/// On disk: a byte for the mode, one for whether it is done.
struct CacheFlush: Hashable, Stored {
    var mode: PurgeMode
    /// Whether all was purged, but may not be on the disk yet.
    var isDone = false

    init(mode: PurgeMode, isDone: Bool = false) {
        self.mode = mode
        self.isDone = isDone
    }

    func encoded() -> [UInt8] { [mode == .delete ? 0 : 1, isDone ? 1 : 0] }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        guard bytes.count == 2 else { throw IndexFormatError() }
        self.init(mode: bytes[0] == 0 ? .delete : .invalidate, isDone: bytes[1] == 1)
    }
}
