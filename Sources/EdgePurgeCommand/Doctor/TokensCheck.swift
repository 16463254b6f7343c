import ControlPlane
import Foundation
import PurgeModel

/// Whether there are tokens, and nobody else may read them.
struct TokensCheck: DoctorCheck {
    let file: String
    /// control.yaml.
    let configuration: String

    let name = "tokens"

    func look() async -> [DoctorFinding] {
        let tokens: [AccessToken]?
        do {
            tokens = try TokenSettings.load(path: file)
        } catch {
            return [
                .red(
                    file, error.problems.joined(separator: "; "),
                    mend: "edge-purge token list --config \(configuration)")
            ]
        }
        let create = "edge-purge token create NAME --permission cache_purge --config \(configuration)"
        guard let tokens else {
            return [.yellow(file, "there are no tokens: whoever reaches the port can purge", mend: create)]
        }
        var findings: [DoctorFinding] = []
        let mode = (try? FileManager.default.attributesOfItem(atPath: file))?[.posixPermissions] as? NSNumber
        if let mode, mode.intValue & 0o077 != 0 {
            findings.append(.red(file, "others may read it", mend: "chmod 0600 \(file)"))
        }
        let now = Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000))
        let expired = tokens.filter { token in token.expiresAt.map { $0 <= now } ?? false }
        if !expired.isEmpty {
            let names = expired.map(\.name).sorted().joined(separator: ", ")
            findings.append(
                .yellow(
                    file, "these have expired: \(names)", mend: "edge-purge token revoke NAME --config \(configuration)"
                ))
        }
        if tokens.count == expired.count {
            findings.append(.red(file, "no token is accepted any more", mend: create))
        }
        return findings.isEmpty ? [.green(file, "\(tokens.count) tokens, for the control plane only")] : findings
    }
}
