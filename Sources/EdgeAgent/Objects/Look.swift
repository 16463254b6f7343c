/// What nginx would find at a place in a cache.
enum Look: Sendable {
    case object(StoredObject, FillFacts)
    /// An object that is marked deleted.
    case deleted
    /// Nothing that it would answer with.
    case nothing
    /// Something that nobody can say what it is.
    case unknown
}
