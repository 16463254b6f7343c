import Foundation
import LinuxFiles
import Synchronization

/// The file that makes nginx look further (`ask.marker`): there while purges wait to be asked about, and while the
/// caches are fenced.
///
/// nginx looks for this file alone at each request, and for the fence only where it finds it
/// (`docs/decisions/0048-one-look.md`). So it is made before the fence and removed after it: whoever is killed in
/// between leaves a file that makes nginx ask, and nothing that is not seen.
///
/// Any thread may use it.
final class AskMarker: Sendable {
    /// What it is there for.
    enum Reason: Hashable, Sendable {
        /// Purges that nginx has to ask about.
        case purges
        /// The caches are out of service.
        case fence
    }

    /// Nil: nobody looks for it, and it may be another agent's.
    private let file: MarkerFile?
    private let reasons: Mutex<Set<Reason>>

    /// Names the file; nothing is done yet.
    ///
    /// - Parameters:
    ///   - path: nil where there is none.
    ///   - isAsked: whether nginx asks; then what an earlier run has left stays until it is known that no purge waits.
    init(path: String?, isAsked: Bool) {
        file = path.map(MarkerFile.init)
        reasons = Mutex(isAsked ? [.purges] : [])
    }

    /// Makes it, also where it was made before and somebody has removed it, and keeps it until ``release(_:)``.
    func require(_ reason: Reason) throws(FileError) {
        try reasons.withLock { (reasons) throws(FileError) in
            reasons.insert(reason)
            guard let file else { return }
            try NewDirectory.make(
                URL(filePath: file.path).deletingLastPathComponent().path,
                advice: "Make it, owned by the user of the agent, or set ask.marker")
            try file.make()
        }
    }

    /// Removes it unless it is there for another reason; also one that somebody else has made.
    func release(_ reason: Reason) throws(FileError) {
        try reasons.withLock { (reasons) throws(FileError) in
            reasons.remove(reason)
            if reasons.isEmpty { try file?.remove() }
        }
    }

    /// Whether this process may make and remove it now; throws the reason why not.
    func checkAccess() throws(FileError) { try file?.checkAccess() }
}
