/// What a comparison of index and disk found; the numbers but `unusedNames` are damage that was
/// repaired.
struct VerificationReport: Hashable, Sendable, Encodable {
    /// Cached files that the index did not have.
    var unindexedFiles = 0
    /// Index entries whose file was gone.
    var vanishedFiles = 0
    /// Index entries of an older file of the same name.
    var replacedFiles = 0
    /// Objects of which the index had only a part.
    var incompleteObjects = 0
    /// Index entries that led to no object.
    var danglingEntries = 0
    /// Hosts and tags that nothing has any more, removed.
    var unusedNames = 0
    /// Caches whose files could not be compared, all or in part.
    var notCompared: [String] = []

    /// How many differences were repaired.
    var repaired: Int { unindexedFiles + vanishedFiles + replacedFiles + incompleteObjects + danglingEntries }

    private enum CodingKeys: String, CodingKey {
        case unindexedFiles = "unindexed_files"
        case vanishedFiles = "vanished_files"
        case replacedFiles = "replaced_files"
        case incompleteObjects = "incomplete_objects"
        case danglingEntries = "dangling_entries"
        case unusedNames = "unused_names"
        case notCompared = "not_compared"
    }
}
