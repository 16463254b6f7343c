import Foundation
import Subprocess
import TestSupport
import Testing

/// What the usual tools say about compose.yaml, Kubernetes' manifests, the Ansible role, and the list of parts.
///
/// `make image-test` and `make ansible-test` run the image and the role.
@Suite struct DeploymentTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let programs = root.appending(path: ".build/venv/bin").path
    private static let areInstalled = FileManager.default.isExecutableFile(atPath: programs + "/kubernetes-validate")

    /// Runs a command of the shell in a folder of the repository, with the tools in its PATH; it has to succeed.
    private static func run(_ command: String, in folder: String) async throws -> String {
        let line = "cd \"$0\" && PATH=\"$1:$PATH\" && \(command)"
        let look = try await Program.run(
            "/bin/sh", ["-c", line, root.appending(path: folder).path, programs], in: .inherit)
        #expect(look.status == 0, "\(look)")
        return look.output
    }

    @Test(.enabled(if: areInstalled, "make test installs the tools"))
    func `compose_yaml is good`() async throws {
        let services = try await Self.run("docker-compose --file compose.yaml config --services", in: "deploy")
        let names = services.split(separator: "\n").sorted()
        #expect(names == ["agent", "control", "fence", "kafka", "nginx", "topics"])
    }

    @Test(
        .enabled(if: areInstalled, "make test installs the tools"),
        .enabled(if: Tool.isInstalled("kubectl"), "kubectl puts the manifests together"))
    func `the Kubernetes manifests fit together and keep to the schemas`() async throws {
        for (folder, kind) in [("base", "Deployment"), ("daemonset", "DaemonSet")] {
            let directory = try TemporaryDirectory()
            let file = "\(directory.path)/all.yaml"
            _ = try await Self.run(
                "kubectl kustomize \(folder) >\(file) && kubernetes-validate --strict --quiet \(file)",
                in: "deploy/kubernetes")
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let head = "kind: \(kind)\nmetadata:\n  labels:\n    app.kubernetes.io/name: edge-purge-nginx\n"
            #expect(text.contains(head))
        }
    }

    @Test(.enabled(if: areInstalled, "make test installs the tools"))
    func `the Ansible role is good`() async throws {
        _ = try await Self.run("ansible-lint --offline -q --profile production .", in: "deploy/ansible")
    }

    @Test(.enabled(if: areInstalled, "make test installs the tools"))
    func `what is in the program is listed as CycloneDX has it`() async throws {
        // It checks itself against the schema.
        let command = "SOURCE_DATE_EPOCH=0 python scripts/sbom 0.1.0 6.3.1 rocksdb=7.8.3-2"
        let text = try await Self.run(command, in: ".")
        #expect(text.contains("\"purl\": \"pkg:deb/debian/rocksdb@7.8.3-2?arch=source\""))
        #expect(text.contains("\"purl\": \"pkg:swift/github.com/apple/swift-nio@"))
        let again = try await Self.run(command, in: ".")
        #expect(text == again)
    }
}
