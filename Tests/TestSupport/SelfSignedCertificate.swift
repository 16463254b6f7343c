import Foundation
import Subprocess
import SystemPackage

/// A certificate for this machine that nobody knows but who made it.
package enum SelfSignedCertificate {
    /// openssl could not make one.
    package struct NotMade: Error, CustomStringConvertible {
        package var description: String
    }

    /// Makes one for `localhost` and `127.0.0.1`, in place of what is in the two files now.
    package static func make(certificate: String, key: String) async throws {
        let result = try await Subprocess.run(
            .path("/usr/bin/openssl"),
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                key + ".new", "-out", certificate + ".new",
            ], output: .discarded, error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else { throw NotMade(description: result.standardError) }
        for file in [key, certificate] {
            try? FileManager.default.removeItem(atPath: file)
            try FileManager.default.moveItem(atPath: file + ".new", toPath: file)
        }
    }
}
