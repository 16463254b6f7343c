import Foundation
import NIOCore
import NIOHTTP1
import TestSupport

/// Kills, stops and cuts off at random.
struct TortureFaults: Sendable {
    let environment: DevEnvironment
    let ledger: TortureLedger
    let cluster: TortureCluster
    /// What each agent is connected to Kafka through.
    let cuts: [String: KafkaCut]
    let plan: TorturePlan

    /// How long each write of a slow nginx takes, in milliseconds.
    private static let slowWrite = 100...800
    /// How long something may take to be well again.
    private static let recoveryLimit = Duration.seconds(90)

    /// Does what is done to one kind of victim, one after the other, until the task is cancelled.
    func run(_ victim: TorturePlan.Victim, _ generator: SeededGenerator) async {
        var random = generator
        let faults = plan.faults.filter { $0.victim == victim }
        while !Task.isCancelled, !faults.isEmpty {
            try? await Task.sleep(for: .milliseconds(random.number(300...4_000)))
            let fault = random.pick(faults)
            if Task.isCancelled { return }
            ledger.fault(fault)
            switch victim {
            case .process: await hurtProcess(fault, &random)
            case .kafka: await hurtKafka(fault, &random)
            case .link: await cutOff(&random)
            }
        }
    }

    /// Ends all faults.
    func heal() async {
        await cluster.heal()
        for cut in cuts.values { cut.set(nil) }
        if let processes = try? environment.processIDs() {
            for process in processes.agents.values + [processes.control].compactMap({ $0 }) { kill(process, SIGCONT) }
        }
        for cache in environment.ready.caches { await tell("resume", cache) }
    }

    /// Waits until an agent says that it is live.
    func waitUntilLive(_ cache: DevEnvironment.Cache) async throws {
        try await eventually("\(cache.agent) is live again", within: Self.recoveryLimit) {
            let status = try? await environment.web.admin(cache, "/v1/status", timeout: .seconds(2))
            return status?["status"].text == "live"
        }
    }

    // MARK: Processes

    private func hurtProcess(_ fault: TorturePlan.Fault, _ random: inout SeededGenerator) async {
        guard let processes = try? environment.processIDs() else { return }
        let cache = random.pick(environment.ready.caches)
        let pause = Duration.milliseconds(random.number(200...6_000))
        switch fault {
        case .agentKilled:
            if let victim = processes.agents[cache.agent] { await end(victim, cache) }
        case .agentStopped:
            if let victim = processes.agents[cache.agent] { await stop(victim, pause, cache) }
        case .databaseDamaged:
            let files = DatabaseFiles(cache)
            let file = files.pick(&random)
            if let victim = processes.agents[cache.agent] { await end(victim, cache) }
            // The next agent may be reading it already, as disks go bad under running ones.
            if let file { try? files.damage(file, &random) }
        case .indexVerified:
            _ = try? await Program.run("verify", "--admin-socket", cache.adminSocket)
        case .agentDrained:
            await tell("drain", cache)
            try? await Task.sleep(for: pause)
            await tell("resume", cache)
        case .controlKilled:
            if let victim = processes.control, isOurs(victim) { kill(victim, SIGKILL) }
        case .controlStopped:
            guard let victim = processes.control, isOurs(victim) else { return }
            kill(victim, SIGSTOP)
            try? await Task.sleep(for: pause)
            kill(victim, SIGCONT)
        case .nginxSlow:
            if let victim = processes.nginx[cache.agent], isOurs(victim) {
                await slowDown(victim, by: .milliseconds(random.number(Self.slowWrite)), pause, cache)
            }
        default:
            if let victim = processes.nginx[cache.agent], isOurs(victim) { kill(victim, SIGHUP) }
        }
    }

    /// Makes everything that an nginx writes take long, for a while.
    private func slowDown(
        _ master: Int32, by delay: Duration, _ pause: Duration, _ cache: DevEnvironment.Cache
    ) async {
        ledger.isSlow(cache.agent)
        defer { ledger.isSlowNoMore(cache.agent) }
        // An nginx that is reloading may have no worker to trace.
        guard let strace = try? await Strace(workerOf: master, delayingWritesBy: delay) else { return }
        try? await Task.sleep(for: pause)
        strace.stop()
    }

    /// Kills an agent.
    private func end(_ victim: Int32, _ cache: DevEnvironment.Cache) async {
        guard isOurs(victim) else { return }
        ledger.isDown(cache.agent)
        kill(victim, SIGKILL)
        await waitUntilFenced(cache, instead: victim)
    }

    /// Stops an agent for a while.
    ///
    /// A process that stands still cannot fence: systemd's watchdog kills it before its lease is over. There is no
    /// systemd here, so that is done here in the mode where purges may be confirmed without it.
    private func stop(_ victim: Int32, _ pause: Duration, _ cache: DevEnvironment.Cache) async {
        guard isOurs(victim) else { return }
        ledger.isDown(cache.agent)
        kill(victim, SIGSTOP)
        if plan.fenceMode == "cut_off", pause >= TorturePlan.watchdog {
            try? await Task.sleep(for: TorturePlan.watchdog)
            kill(victim, SIGKILL)
            await waitUntilFenced(cache, instead: victim)
        } else {
            try? await Task.sleep(for: pause)
            kill(victim, SIGCONT)
            ledger.isDownNoMore(cache.agent, isFenced: false)
        }
    }

    /// Waits until a killed agent is gone and the fence is there: set at its end, in the mode `start` by the next
    /// agent.
    ///
    /// One whose fence is never seen counts as down to the end.
    private func waitUntilFenced(_ cache: DevEnvironment.Cache, instead victim: Int32) async {
        let fence = "\(environment.ready.directory)/\(cache.agent)/fence"
        let process = "/proc/\(victim)"
        // A task of its own, waited for: the end of the run must not cut this short.
        _ = await Task {
            try await eventually("\(cache.agent) is fenced", within: Self.recoveryLimit) {
                !FileManager.default.fileExists(atPath: process) && FileManager.default.fileExists(atPath: fence)
            }
            ledger.isDownNoMore(cache.agent, isFenced: true)
        }.result
    }

    /// Tells an agent to drain or to resume, until it has heard it.
    private func tell(_ order: String, _ cache: DevEnvironment.Cache) async {
        try? await eventually("\(cache.agent) has heard it", within: Self.recoveryLimit) {
            let outcome = try await Program.run(order, "--admin-socket", cache.adminSocket)
            return outcome.status == 0 || Task.isCancelled
        }
    }

    /// Whether a process of this number is one of the environment's: the file that names it may be a moment old.
    private func isOurs(_ process: Int32) -> Bool {
        let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
        return String(decoding: line, as: UTF8.self).contains(environment.ready.directory)
            || String(decoding: line, as: UTF8.self).contains("nginx")
    }

    // MARK: Kafka

    private func hurtKafka(_ fault: TorturePlan.Fault, _ random: inout SeededGenerator) async {
        let topics = environment.ready.topics
        await cluster.hurt(
            fault, topics: [(topics.events, TortureCluster.partitions), (topics.acks, 1)], &random)
    }

    /// Cuts one agent off while the others go on.
    private func cutOff(_ random: inout SeededGenerator) async {
        let cut = cuts[random.pick(environment.ready.caches).agent]
        cut?.set(random.pick([.closed, .silent]))
        try? await Task.sleep(for: .milliseconds(random.number(200...20_000)))
        cut?.set(nil)
    }
}
