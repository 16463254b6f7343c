import LinuxFiles
import PurgeModel

/// What became of an attempt to mark one object.
enum Marking: Sendable {
    case done(MarkOutcome)
    /// The file could not be changed.
    case failed(FileError)
    /// The object's cache could not be opened so far.
    case closed

    /// Whether the object is to leave the index.
    func removes(_ mode: PurgeMode) -> Bool {
        switch self {
        case .done(.absent): true
        case .done(.purged): mode == .delete
        default: false
        }
    }

    /// Whether nothing is left to do.
    var isDone: Bool { if case .done = self { true } else { false } }

    var isPurged: Bool { if case .done(.purged) = self { true } else { false } }

    /// Whether a 304 may make it fresh again.
    var isStale: Bool {
        switch self {
        case .done(.purged), .done(.alreadyStale): true
        default: false
        }
    }
}
