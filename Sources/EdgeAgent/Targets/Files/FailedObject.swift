/// An object that could not be marked; another one at its place is not it.
struct FailedObject: Hashable, Sendable {
    let key: ObjectKey
    /// What the index said of it.
    let generation: UInt64
}
