import NIOSSL
import Synchronization

/// The certificate that new connections get; open ones keep theirs when it is replaced.
final class ServerCertificate: Sendable {
    private let files: TLSFiles
    private let context: Mutex<NIOSSLContext>

    /// Reads the files.
    ///
    /// Throws ``ControlPlaneError`` when they cannot be read, or do not belong together.
    init(_ files: TLSFiles) throws {
        self.files = files
        context = Mutex(try Self.read(files))
    }

    /// What the next connection is encrypted with.
    var current: NIOSSLContext { context.withLock { $0 } }

    /// Reads the files again; when that fails, the old certificate stays.
    func reload() throws {
        let fresh = try Self.read(files)
        context.withLock { $0 = fresh }
    }

    private static func read(_ files: TLSFiles) throws -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
            let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw ControlPlaneError(
                "the certificate \(files.certificate) with the key \(files.key) cannot be used (\(error)): both have "
                    + "to be PEM, readable, and belong together")
        }
    }
}
