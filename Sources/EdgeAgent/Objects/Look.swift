/// What nginx would find at a place in a cache.
enum Look: Sendable {
    case object(StoredObject, FillFacts)
    /// An object that is marked deleted, and its generation.
    case deleted(generation: UInt64)
    /// Nothing that it would answer with.
    case nothing
    /// Something that nobody can say what it is.
    case unknown
}
