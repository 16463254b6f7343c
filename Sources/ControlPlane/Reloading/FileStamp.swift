import Foundation

/// Tells whether a file was replaced or written to.
struct FileStamp: Sendable, Hashable {
    private let modified: Date
    private let size: UInt64
    private let number: UInt64

    /// The stamp of the file as it is now; nil when there is none, or it cannot be looked at.
    init?(path: String) {
        // Links are followed by hand: certificates are often links to the newest of several files.
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target),
            let modified = attributes[.modificationDate] as? Date
        else { return nil }
        self.modified = modified
        size = (attributes[.size] as? NSNumber)?.uint64Value ?? 0
        number = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
    }
}
