import FoundationEssentials
import PurgeModel

extension ReadyFile {
    /// Writes it in one step: whoever finds the file finds all of it.
    func write(to path: String) throws(CommandFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            try (try encoder.encode(self)).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure("the ready file \(path) cannot be written: \(FileProblem.reason(error))")
        }
    }
}
