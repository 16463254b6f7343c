/// A name in a watched tree that may stand for another file than before.
///
/// A hint to look at the file again, not a history: reports may repeat, and when the same name appeared and vanished
/// in quick succession the kernel may merge the two, in which case `.appeared` is reported last and the file may be
/// absent.
package struct FileChange: Sendable, Hashable {
    /// What happened to the name.
    package enum Kind: Sendable, Hashable {
        /// A file was renamed to this name, or found under it in a directory that is new.
        case appeared
        /// The name was removed or renamed to another one.
        case vanished
    }

    /// Index of the tree in the roots that the watcher was made with.
    package let root: Int
    /// The directory, relative to the root; "" is the root itself.
    package let directory: String
    /// The name in that directory.
    package let name: String
    /// Appeared or vanished.
    package let kind: Kind

    package init(root: Int, directory: String, name: String, kind: Kind) {
        self.root = root
        self.directory = directory
        self.name = name
        self.kind = kind
    }

    /// The path relative to the root.
    package var path: String { directory.isEmpty ? name : "\(directory)/\(name)" }
}
