import TestSupport

/// Something that one zone, or one machine, does to all.
enum OverloadFlood: String, CaseIterable, Sendable {
    case badMessages = "messages that are no purges"
    case badHeaders = "bad messages with large headers"
    case invalidations = "one tag of many variants, invalidated again and again"
    case manyURLs = "URLs by the thousand"
    case manyPrefixes = "prefixes and hosts by the thousand"
    case hugeEvents = "events of nearly a megabyte"
    case deadDirectory = "a cache directory that is gone"
    case immutableFile = "a file that cannot be changed"

    /// Whether it can be done on this machine.
    var isPossible: Bool { self != .immutableFile || ImmutableFile.isPossible }

    /// Whether a purge may have to wait for longer than `fence.after`: then the mode `behind` fences.
    var mayFence: Bool { self == .deadDirectory || self == .immutableFile }

    /// Messages that it brings in one round of the short run.
    var messages: Int {
        switch self {
        case .badMessages: 5_000
        case .badHeaders: 10
        case .invalidations: 9
        case .manyURLs, .manyPrefixes: 20
        case .hugeEvents: 10
        case .deadDirectory, .immutableFile: 3
        }
    }
}
