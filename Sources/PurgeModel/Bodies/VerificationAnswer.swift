/// What a comparison of index and disk found; the numbers but ``unusedNames`` were damage that was
/// repaired.
package struct VerificationAnswer: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case unindexedFiles = "unindexed_files"
        case vanishedFiles = "vanished_files"
        case replacedFiles = "replaced_files"
        case incompleteObjects = "incomplete_objects"
        case danglingEntries = "dangling_entries"
        case unusedNames = "unused_names"
        case notCompared = "not_compared"
    }

    /// Cached files that the index did not have.
    package let unindexedFiles: Int
    /// Index entries whose file was gone.
    package let vanishedFiles: Int
    /// Index entries of an older file of the same name.
    package let replacedFiles: Int
    /// Objects of which the index had only a part.
    package let incompleteObjects: Int
    /// Index entries that led to no object.
    package let danglingEntries: Int
    /// Hosts and tags that nothing has any more, removed.
    package let unusedNames: Int
    /// Caches whose files could not be compared, all or in part; nil: an agent of a version that does not tell.
    package let notCompared: [String]?

    package init(
        unindexedFiles: Int, vanishedFiles: Int, replacedFiles: Int, incompleteObjects: Int, danglingEntries: Int,
        unusedNames: Int, notCompared: [String]?
    ) {
        self.unindexedFiles = unindexedFiles
        self.vanishedFiles = vanishedFiles
        self.replacedFiles = replacedFiles
        self.incompleteObjects = incompleteObjects
        self.danglingEntries = danglingEntries
        self.unusedNames = unusedNames
        self.notCompared = notCompared
    }

    /// How many differences were repaired.
    package var repaired: Int { unindexedFiles + vanishedFiles + replacedFiles + incompleteObjects + danglingEntries }
}
