/// Which message a dead letter is about.
struct LetterPlace: Hashable, Sendable {
    var partition: Int32
    var offset: Int64
    /// What tells it from another message at this place.
    var fingerprint: UInt64
}
