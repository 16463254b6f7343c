import ControlPlane
import EdgeAgent
import Foundation
import PurgeModel
import Testing

@testable import EdgePurgeCommand

/// The settings in deploy/compose and deploy/kubernetes are read by the program itself, and what has to fit together
/// does.
@Suite struct DeploymentFilesTests {
    private static let deploy = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "deploy")
    private static let folders = ["compose", "kubernetes/base/config"]

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: deploy.appending(path: path), encoding: .utf8)
    }

    private static func agent(_ folder: String) throws -> AgentSettings {
        try AgentSettings.load(path: deploy.appending(path: "\(folder)/agent.yaml").path, environment: [:], flags: [])
    }

    /// The first number that follows a word.
    private static func number(after word: String, in text: Substring) throws -> Int {
        let start = try #require(text.firstRange(of: word)).upperBound
        return try #require(Int(text[start...].prefix { $0.isNumber }))
    }

    @Test(arguments: folders) func `the agent takes its settings`(folder: String) throws {
        let caches = try Self.agent(folder).configuration.caches
        #expect(caches.map(\.path) == ["/var/cache/nginx/edge"])
    }

    @Test(arguments: folders) func `the control plane takes its settings`(folder: String) throws {
        let path = Self.deploy.appending(path: "\(folder)/control.yaml").path
        // Both listen for others, and need a file of tokens; that nobody has one is fine.
        let tokens = Self.deploy.appending(path: "kubernetes/base/config/tokens.yaml").path
        let settings = try ControlSettings.load(path: path, environment: [:], flags: [("tokens.file", tokens)])
        #expect(settings.configuration.zones.zones.count == 1)
    }

    /// A key that differs finds nothing.
    @Test(arguments: zip(folders, ["nginx/edge-purge.conf", "kubernetes/base/config/nginx.conf"]))
    func `nginx and the agent have the same cache key`(folder: String, nginx: String) throws {
        let key = try #require(Self.text(nginx).firstMatch(of: /(?m)^ *proxy_cache_key (.+);$/)).1
        #expect(try Self.text("\(folder)/agent.yaml").contains("\n    cache_key: \(key)\n"))
    }

    @Test func `the image is that of this version wherever it is named`() throws {
        let number = ProgramVersion.number
        #expect(try Self.text("compose.yaml").contains("  image: ${EDGE_PURGE_IMAGE:-edge-purge:\(number)}\n"))
        let base = try Self.text("kubernetes/base/kustomization.yaml")
        #expect(base.contains("  - {name: edge-purge, newTag: \(number)}\n"))
    }

    /// In a pod the kubelet ends an agent that hangs, and the agent counts on the time that this takes.
    @Test func `in Kubernetes the fence leaves time for the watchdog, and the watchdog for the kubelet`() throws {
        let pod = try Self.text("kubernetes/base/nginx.yaml")
        let watchdog = try Self.number(after: "WATCHDOG_USEC, value: \"", in: pod[...]) / 1_000_000
        let probe = try #require(pod.firstRange(of: "livenessProbe:"))
        func number(_ key: String) throws -> Int { try Self.number(after: "\(key): ", in: pod[probe.upperBound...]) }
        let killed =
            try number("failureThreshold") * (number("periodSeconds") + number("timeoutSeconds"))
            + number("terminationGracePeriodSeconds")
        // `guard` looks once a second, and starts a program then.
        #expect(killed + 2 < watchdog)
        let fence = try Self.agent("kubernetes/base/config").configuration.fence
        #expect(fence.mode == .cutOff)
        #expect(fence.after >= .seconds(watchdog + 2))
    }
}
