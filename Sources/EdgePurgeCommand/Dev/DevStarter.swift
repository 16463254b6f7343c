import EdgeAgent
import FoundationEssentials
import Glibc
import Kafka
import PurgeModel

/// Brings the parts of a development environment up, each when those it needs are there.
struct DevStarter {
    private let options: DevOptions
    private let directory: DevDirectory
    private let family: ChildFamily
    private let originPort: Int
    private let own: String
    private let nginx: String
    private let setpriv: String
    private let caller = HTTPCaller()

    /// How long one part may take until it answers.
    ///
    /// A busy machine is slow, a hanging part hangs for ever.
    private static let startLimit: Duration = .seconds(60)
    /// How often a part is asked whether it is there.
    private static let askPause: Duration = .milliseconds(20)
    /// Caches of the upper tier.
    static let shields = 2
    /// How often another port is tried when somebody else took the one that was free a moment ago.
    private static let portAttempts = 5

    /// Finds the programs; nothing runs yet.
    init(options: DevOptions, directory: DevDirectory, family: ChildFamily, originPort: Int) throws(CommandFailure) {
        self.options = options
        self.directory = directory
        self.family = family
        self.originPort = originPort
        own = try ProgramFinder.own()
        nginx = try ProgramFinder.path(of: "nginx", package: "nginx-light")
        setpriv = try ProgramFinder.path(of: "setpriv", package: "util-linux")
    }

    /// Starts everything and returns when a purge could be confirmed.
    func start() async throws -> DevEnvironment {
        let prefix = options.topicPrefix ?? "purge"
        let (bootstrapServers, broker) = try await startBroker(topicPrefix: prefix)
        let files = DevConfigurationFiles(
            bootstrapServers: bootstrapServers,
            topicPrefix: prefix,
            isEmbedded: broker != nil,
            logLevel: options.logLevel,
            fence: options.fence
        )
        try directory.write(files.zones, to: directory.path + "/zones.yaml")
        let (control, controlPort) = try await startControl(files)
        var caches = try self.caches()
        var agents: [ManagedChild] = []
        for cache in caches {
            for name in ["cache", "tmp", "state"] { _ = try directory.make("\(cache.agent)/\(name)") }
            try directory.write(files.agent(cache), to: cache.agentConfiguration)
            agents.append(try startAgent(cache))
        }
        var masters: [ManagedChild?] = caches.map { _ in nil }
        // First what others fill from.
        for index in caches.indices.reversed() {
            let shields = caches.filter { $0.tier.name == caches[index].tier.above }.map(\.port)
            let isLowest = caches[index].tier.above != nil
            let (master, port) = try await startNginx(
                caches[index], index: index, upstreams: isLowest ? shields : [originPort])
            caches[index].port = port
            masters[index] = master
        }
        let environment = DevEnvironment(
            control: "http://127.0.0.1:\(controlPort)",
            bootstrapServers: bootstrapServers,
            isEmbedded: broker != nil,
            topicPrefix: prefix,
            origin: "http://127.0.0.1:\(originPort)",
            caches: caches,
            directory: directory.path,
            controlChild: control,
            brokerChild: broker,
            agentChildren: agents,
            nginxChildren: masters.compactMap { $0 }
        )
        try await waitUntilLive(environment)
        return environment
    }

    // MARK: Parts

    /// The caches that visitors ask, and after them those that they fill from.
    private func caches() throws -> [DevCache] {
        let keys = NginxConfiguration.cacheKeys
        func cache(_ name: String, key: String, _ tier: TierConfiguration) throws -> DevCache {
            DevCache(
                agent: name, directory: try directory.make(name), port: 0, cacheKey: key, ask: options.ask, tier: tier)
        }
        let edge = options.hasTiers ? TierConfiguration(name: "edge", above: "shield") : TierConfiguration()
        let shield = TierConfiguration(name: "shield", isFilledFrom: true)
        let edges = try (0..<options.caches).map { try cache("edge-\($0 + 1)", key: keys[$0 % keys.count], edge) }
        let shields = try (0..<(options.hasTiers ? Self.shields : 0)).map {
            try cache("shield-\($0 + 1)", key: keys[0], shield)
        }
        return edges + shields
    }

    private func startBroker(topicPrefix: String) async throws -> (bootstrapServers: String, ManagedChild?) {
        if let bootstrapServers = options.bootstrapServers {
            try await createTopics(prefix: topicPrefix, bootstrapServers: bootstrapServers)
            return (bootstrapServers, nil)
        }
        let file = directory.path + "/broker"
        let child = ManagedChild(
            name: "broker",
            command: command(own, ["dev-broker", "--file", file, "--topic-prefix", topicPrefix], log: "broker.log"),
            setpriv: setpriv,
            isRestarted: false,
            whenStarted: {},
            whenGone: { [family] end in
                family.noteFailure("the embedded broker \(end); its data is gone, so this environment ends too")
            }
        )
        family.start(child)
        var address = ""
        try await wait(for: child, "write its address") {
            address = ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").filter { !$0.isWhitespace }
            return !address.isEmpty
        }
        return (address, child)
    }

    private func createTopics(prefix: String, bootstrapServers: String) async throws {
        let kafka = try DevEnvironmentVariables.kafka(bootstrapServers: bootstrapServers)
        let plan = TopicPlan(
            topics: TopicNames(prefix: prefix),
            partitions: 8,
            replication: -1,
            retention: .seconds(7 * 86_400)
        )
        let admin = try KafkaAdmin(kafka)
        // A cluster where topics are made by somebody else only has to have them.
        var missing: [TopicSpecification] = []
        for topic in plan.specifications where try await admin.partitionCount(topic.name) == nil {
            missing.append(topic)
        }
        if missing.isEmpty { return }
        do {
            _ = try await admin.createTopics(missing)
        } catch {
            throw CommandFailure("the topics \(prefix).* could not be created on \(bootstrapServers): \(error)")
        }
    }

    private func startControl(_ files: DevConfigurationFiles) async throws -> (ManagedChild, Int) {
        let configuration = directory.path + "/control.yaml"
        return try await startListening(givenPort: options.controlPort) { port in
            let state = directory.path + "/control-state"
            try directory.write(files.control(port: port, stateDirectory: state), to: configuration)
            return try startOwn("control", ["control", "--config", configuration])
        } isUp: { port in
            try? await caller.call("GET", "http://127.0.0.1:\(port)/readyz", timeout: .seconds(5)).isSuccess
        }
    }

    private func startNginx(_ cache: DevCache, index: Int, upstreams: [Int]) async throws -> (ManagedChild, Int) {
        try await startListening(givenPort: options.firstCachePort.map { $0 + index }) { port in
            var cache = cache
            cache.port = port
            let text = NginxConfiguration.text(cache: cache, upstreams: upstreams, isRoot: geteuid() == 0)
            try directory.write(text, to: cache.nginxConfiguration)
            let arguments = [
                "-p", cache.directory, "-e", cache.directory + "/nginx-error.log", "-c", cache.nginxConfiguration,
            ]
            return start("nginx \(cache.agent)", command(nginx, arguments, log: "\(cache.agent)/nginx.log"))
        } isUp: { port in
            let url = "http://127.0.0.1:\(port)\(NginxConfiguration.pingPath)"
            // The port could be somebody else's: the node's name says whose it is.
            let answer = try? await caller.call("GET", url, timeout: .seconds(5))
            return answer?.headers["x-cache-node"] == cache.agent
        }
    }

    /// Starts something that listens; when it ends before it answers and the port was our choice, another one is tried.
    private func startListening(
        givenPort: Int?,
        start: (Int) throws -> ManagedChild,
        isUp: (Int) async -> Bool?
    ) async throws -> (ManagedChild, Int) {
        var attempt = 1
        while true {
            let port: Int
            if let givenPort { port = givenPort } else { port = try await FreePorts.find(1)[0] }
            let child = try start(port)
            do {
                try await wait(for: child, "answer on port \(port)") { await isUp(port) ?? false }
                return (child, port)
            } catch let failure as CommandFailure {
                if givenPort != nil || attempt == Self.portAttempts || child.lastEnd == nil { throw failure }
                attempt += 1
                await family.drop(child)
            }
        }
    }

    /// Starts an agent; as systemd's ExecStopPost does, its end sets the fence where the mode asks for it.
    private func startAgent(_ cache: DevCache) throws -> ManagedChild {
        let name = "agent \(cache.agent)"
        let configuration = try AgentSettings.load(path: cache.agentConfiguration, environment: [:], flags: [])
            .configuration
        let arguments = ["agent", "--config", cache.agentConfiguration]
        return start(name, command(own, arguments, log: "agent-\(cache.agent).log")) {
            do {
                _ = try FenceMarkers.set(at: .stop, configuration)
            } catch {
                Terminal.writeError("\(name): the fence could not be set: \(error)")
            }
        }
    }

    private func startOwn(_ name: String, _ arguments: [String]) throws -> ManagedChild {
        start(name, command(own, arguments, log: name.split(separator: " ").joined(separator: "-") + ".log"))
    }

    private func start(
        _ name: String, _ command: ManagedChild.Command, whenEnded: @escaping @Sendable () -> Void = {}
    ) -> ManagedChild {
        let child = ManagedChild(
            name: name,
            command: command,
            setpriv: setpriv,
            isRestarted: true,
            whenStarted: { [family] in family.noteStart() },
            whenEnded: whenEnded,
            whenGone: { _ in }
        )
        family.start(child)
        return child
    }

    private func command(_ executable: String, _ arguments: [String], log: String) -> ManagedChild.Command {
        ManagedChild.Command(
            executable: executable,
            arguments: arguments,
            environment: DevEnvironmentVariables.forChildren(ProcessInfo.processInfo.environment),
            logPath: "\(directory.path)/\(log)",
            // nginx's master has workers to end; our own programs have nobody and may be killed at any moment.
            parentDeathSignal: executable == own ? "KILL" : "TERM"
        )
    }

    // MARK: Waiting

    /// Asks until `condition` holds.
    ///
    /// - Throws: `CommandFailure` with the end of the child's log when it ended or the time is over.
    private func wait(for child: ManagedChild, _ what: String, until condition: () async -> Bool) async throws {
        let deadline = ContinuousClock.now + Self.startLimit
        while !(await condition()) {
            if let end = child.lastEnd {
                throw CommandFailure(
                    "\(child.name) \(end) before it could \(what). Its log ends with:\n\(child.logTail())")
            }
            if ContinuousClock.now > deadline {
                throw CommandFailure(
                    "\(child.name) did not \(what) within \(DurationText.text(Self.startLimit)). "
                        + "Its log ends with:\n\(child.logTail())"
                )
            }
            try await Task.sleep(for: Self.askPause)
        }
    }

    /// Waits until every agent is live in the eyes of the collector.
    private func waitUntilLive(_ environment: DevEnvironment) async throws {
        for (cache, child) in zip(environment.caches, environment.agentChildren) {
            try await wait(for: child, "announce itself as live") {
                guard
                    let answer = try? await caller.call(
                        "GET", environment.control + "/v1/agents", timeout: .seconds(5)),
                    let agents = try? answer.decoded(AgentList.self).agents
                else { return false }
                return agents.contains { $0.agent == cache.agent && $0.status == "live" && !$0.conflicted }
            }
        }
    }
}
