import FoundationEssentials
import Glibc
import LinuxFiles
import SystemPackage

/// What went wrong with a file, in a few words for people.
enum FileProblem {
    /// The operating system's reason where the error has one: `No such file or directory`.
    static func reason(_ error: any Error) -> String {
        if let error = error as? FileError { return error.errno.description }
        if let error = error as? POSIXError { return Errno(rawValue: error.code.rawValue).description }
        guard let error = error as? CocoaError else { return "\(error)" }
        if let cause = error.underlying { return reason(cause) }
        switch error.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: return Errno.noSuchFileOrDirectory.description
        case .fileReadNoPermission, .fileWriteNoPermission: return Errno.permissionDenied.description
        case .fileReadInapplicableStringEncoding, .fileReadCorruptFile: return "not UTF-8 text"
        default: return "\(error)"
        }
    }
}
