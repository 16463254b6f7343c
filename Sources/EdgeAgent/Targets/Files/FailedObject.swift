/// An object that is to be marked yet; another one at its place is not it.
struct FailedObject: Hashable, Sendable {
    let key: ObjectKey
    /// What the index said of it, or would have had to say.
    let generation: UInt64
}
