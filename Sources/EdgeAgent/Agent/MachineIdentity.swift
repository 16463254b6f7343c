import Foundation
import LinuxFiles
import PurgeModel

/// The file `machine` in the state directory: who this machine is, drawn at random when the directory is first used.
///
/// It stands beside the database, so that one that is made anew does not make another machine. Two machines of one name
/// are told apart by it (docs/decisions/0032-machines-have-an-identity.md); a copied state directory is the same
/// machine.
enum MachineIdentity {
    /// Reads the identity, and draws one where there is none.
    ///
    /// - Parameter directory: the state directory.
    /// - Returns: 16 lower-case hex digits.
    /// - Throws: `FileError` when it cannot be read, or a new one cannot be written: one that would be another at the
    ///   next start is worth nothing.
    static func read(in directory: String) throws(FileError) -> String {
        let path = directory + "/machine"
        if let known = try known(path) { return known }
        let drawn = HexText.text((0..<Acknowledgement.machineDigits / 2).map { _ in UInt8.random(in: .min ... .max) })
        try SmallFile.replace(path, with: Array("\(drawn)\n".utf8))
        return drawn
    }

    /// Nil for no file, and for anything that ``read(in:)`` did not write.
    private static func known(_ path: String) throws(FileError) -> String? {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try SmallFile.read(path, bytesMax: 4096)
        } catch {
            guard error.isAbsent else { throw error }
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return HexText.isLowercase(text, digits: Acknowledgement.machineDigits) ? text : nil
    }
}
