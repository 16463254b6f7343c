/// What a place in a cache holds at one moment.
enum Inspection: Sendable {
    case object(StoredObject)
    /// No object, or one that is marked deleted.
    case nothing
    /// Something that is left alone.
    case skipped(SkippedFile)
}
