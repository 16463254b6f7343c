import ControlPlane
import FoundationEssentials
import NIOSSL
import PurgeModel

/// Whether the certificate of the control plane can be used, and for how long.
struct CertificateCheck: DoctorCheck {
    let files: TLSFiles

    let name = "certificate"
    private static let renewal: Duration = .seconds(14 * 86_400)

    func look() async -> [DoctorFinding] {
        do {
            try files.check()
            // The first one is the server's own.
            guard let own = try NIOSSLCertificate.fromPEMFile(files.certificate).first else {
                return [.red(files.certificate, "it has no certificate", mend: "put one in PEM there")]
            }
            let left = Duration.seconds(Int64(own.notValidAfter) - Int64(Date.now.timeIntervalSince1970))
            let mend = "renew it, then systemctl reload edge-purge-control"
            if left <= .zero { return [.red(files.certificate, "it has expired", mend: mend)] }
            let days = "it is valid for \(left.components.seconds / 86_400) days"
            return [
                left < Self.renewal ? .yellow(files.certificate, days, mend: mend) : .green(files.certificate, days)
            ]
        } catch {
            return [.red(files.certificate, "\(error)", mend: "correct listen.tls in control.yaml")]
        }
    }
}
