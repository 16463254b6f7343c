/// Why a file in a cache directory is left alone.
package enum SkippedFile: Hashable, Sendable, CustomStringConvertible {
    /// Shorter than its own header says.
    case truncated
    /// Not written by nginx's cache.
    case notACacheFile
    /// A header version that this program does not know; nothing in it may be changed.
    case otherVersion(UInt64)

    /// The name under which it is counted.
    package var name: String {
        switch self {
        case .truncated: "truncated"
        case .notACacheFile: "not_a_cache_file"
        case .otherVersion: "other_version"
        }
    }

    package var description: String {
        switch self {
        case .truncated: "shorter than its own header says"
        case .notACacheFile: "not an nginx cache file"
        case .otherVersion(let version):
            "an nginx cache file of header version \(version); only version 5 is understood"
        }
    }
}
