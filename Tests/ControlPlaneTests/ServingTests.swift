import Foundation
import HTTPTypes
import HummingbirdTesting
import Kafka
import Logging
import NIOSSL
import TestSupport
import Testing

@testable import ControlPlane

/// TLS and time limits, with real connections.
@Suite(.timeLimit(.minutes(5))) struct ServingTests {
    private static func makeCertificate(_ files: TLSFiles) async throws {
        try await SelfSignedCertificate.make(certificate: files.certificate, key: files.key)
    }

    /// A client that trusts only the certificate that is in the file now.
    private static func client(port: Int, trusting files: TLSFiles) throws -> TestClient {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(files.certificate))
        let client = TestClient(
            host: "localhost", port: port,
            configuration: .init(tlsConfiguration: configuration, serverName: "localhost"))
        client.connect()
        return client
    }

    @Test func `an address that is taken is named, with the key that changes it`() async throws {
        try await RunningControlPlane.run(KafkaBench(), { _ in }) { port in
            let bench = try KafkaBench()
            defer { bench.cluster.close() }
            var configuration = bench.configuration
            configuration.host = "127.0.0.1"
            configuration.port = port
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let second = try ControlPlane(configuration: configuration, logger: logger)
            let error = await #expect(throws: ControlPlaneError.self) { try await second.run() }
            let text = "cannot listen on \"127.0.0.1:\(port)\": Address already in use (errno 98)"
            #expect(error?.message.hasPrefix(text) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("listen.port") == true)
        }
    }

    @Test func `a certificate is replaced without dropping connections`() async throws {
        let directory = try TemporaryDirectory()
        let files = TLSFiles(certificate: directory.path + "/cert.pem", key: directory.path + "/key.pem")
        try await Self.makeCertificate(files)
        try await RunningControlPlane.run(KafkaBench()) { configuration in
            configuration.host = "localhost"
            configuration.tls = files
        } _: { port in
            let old = try Self.client(port: port, trusting: files)
            #expect(try await old.get("/healthz").status == .ok)
            try await Self.makeCertificate(files)
            try await eventually("the new certificate is used") {
                let fresh = try Self.client(port: port, trusting: files)
                let status = try? await fresh.get("/healthz").status
                try? await fresh.shutdown()
                return status == .ok
            }
            #expect(try await old.get("/healthz").status == .ok)
            // What cannot be used changes nothing.
            try Data("nonsense".utf8).write(to: URL(filePath: files.key))
            #expect(try await old.get("/healthz").status == .ok)
            try? await old.shutdown()
        }
    }

    @Test func `a certificate that cannot be used stops the start`() async throws {
        let directory = try TemporaryDirectory()
        let first = TLSFiles(certificate: directory.path + "/a.pem", key: directory.path + "/a.key")
        let second = TLSFiles(certificate: directory.path + "/b.pem", key: directory.path + "/b.key")
        try await Self.makeCertificate(first)
        try await Self.makeCertificate(second)
        for files in [
            TLSFiles(certificate: first.certificate, key: second.key), TLSFiles(certificate: first.key, key: first.key),
            TLSFiles(certificate: "/nowhere", key: first.key),
        ] {
            #expect(throws: ControlPlaneError.self) { try ServerCertificate(files) }
        }
        _ = try ServerCertificate(first)
    }

    @Test func `a request that trickles in is cut off, and one that is whole is not`() async throws {
        try await RunningControlPlane.run(KafkaBench()) { configuration in
            configuration.requestTimeout = .milliseconds(300)
            configuration.idleTimeout = .seconds(60)
        } _: { port in
            let client = TestClient(host: "127.0.0.1", port: port)
            client.connect()
            #expect(try await client.get("/healthz").status == .ok)
            // The head promises more than ever comes; an answer would mean that nobody looked at the time.
            let outcome = try await ClientPrograms.run(
                "/bin/bash",
                [
                    "-c",
                    """
                    exec 3<>/dev/tcp/127.0.0.1/\(port)
                    printf 'POST /v1/purges HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 1000\\r\\n\\r\\n' >&3
                    (while printf x >&3; do sleep 0.05; done) 2>/dev/null &
                    cat <&3
                    kill %1 2>/dev/null
                    echo closed
                    """,
                ])
            #expect(outcome.text.hasSuffix("closed\n") && !outcome.text.contains("HTTP/1.1"), "\(outcome.text)")
            // By now the other connection has been quiet for longer than a request may take.
            #expect(try await client.get("/healthz").status == .ok)
            try? await client.shutdown()
        }
    }

    /// Attack C28: the HTTP parser answered these methods with a bare 400.
    ///
    /// Then who sent the request in pieces got nothing now and then: the connection was closed before the last one.
    @Test func `methods that other caches are purged with are told what to send instead`() async throws {
        try await RunningControlPlane.run(KafkaBench()) { _ in
        } _: { port in
            for method in ["BAN", "PURGEKEYS", "URIBAN", "REFRESH"] {
                let outcome = try await ClientPrograms.run(
                    "/bin/bash",
                    [
                        "-c",
                        "exec 3<>/dev/tcp/127.0.0.1/\(port); "
                            + "printf '\(method) / HTTP/1.1\\r\\n' >&3; sleep 0.1; "
                            + "printf 'Host: x\\r\\n\\r\\n' >&3; cat <&3",
                    ])
                #expect(outcome.text.hasPrefix("HTTP/1.1 501 "), "\(outcome.text)")
                #expect(outcome.text.contains("POST /v1/purges"), "\(outcome.text)")
            }
        }
    }
}
