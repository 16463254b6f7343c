/// What a place in a cache holds at one moment.
enum Inspection: Sendable {
    case object(StoredObject)
    /// No object.
    case nothing
    /// One that is marked deleted: its generation, when its file was changed last (milliseconds since 1970; 0: its mark
    /// cannot be undone), and the bytes on the disk that its mark does not need.
    case deleted(generation: UInt64, changed: Int64, spareBytes: Int64)
    /// Something that is left alone.
    case skipped(SkippedFile)
}
