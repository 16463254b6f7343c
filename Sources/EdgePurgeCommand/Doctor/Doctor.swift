import ControlPlane
import EdgeAgent
import LinuxFiles
import PurgeModel

/// All checks that make sense for a machine, in the order in which a person would look.
struct Doctor {
    let patient: DoctorPatient
    /// Where the control plane is; nil: nobody said, and it is not here.
    let client: ControlClient?
    /// Whether what costs visitors something is tried too.
    let probes: Bool
    /// What was found while the files were read.
    let known: [KnownCheck]

    var checks: [any DoctorCheck] {
        var checks: [any DoctorCheck] = known
        if let agent = patient.agent { checks += ofAgent(agent) }
        for cluster in patient.clusters { checks += ofKafka(cluster) }
        if let control = patient.control { checks += ofControl(control) }
        if let client { checks.append(ControlServerCheck(client: client)) }
        return checks
    }

    private func ofAgent(_ agent: AgentConfiguration) -> [any DoctorCheck] {
        let client = AdminClient(socket: agent.adminSocket)
        var checks: [any DoctorCheck] = [AgentCheck(client: client, answer: patient.answer)]
        let pid = patient.nginx?.directives.last { $0.name == "pid" }?.arguments.first
        checks += agent.caches.map {
            CacheDirectoryCheck(
                path: $0.path, nginxPIDFile: patient.nginx.map { _ in pid ?? patient.build.pidFile },
                agentFile: patient.agentFile)
        }
        checks.append(PermissionsCheck(agent: agent, nginxUser: patient.nginxUser))
        checks.append(DiskSpaceCheck(path: agent.stateDirectory, reserveBytes: Int64(agent.stateReserveBytes)))
        checks += agent.caches.map { DiskSpaceCheck(path: $0.path, reserveBytes: 0) }
        checks.append(
            WatchLimitCheck(
                watcher: patient.answer?.watcher ?? (agent.watcher == .fanotify ? "fanotify" : nil),
                directories: agent.caches.map { directories($0.path) }.reduce(0, +)))
        let origins = patient.nginx.map(OriginNames.all) ?? []
        checks += agent.caches.map {
            CacheFilesCheck(
                cache: $0, normalization: agent.normalization, origins: origins, file: patient.agentFile)
        }
        if let socket = agent.ask.socket { checks.append(AskSocketCheck(socket: socket)) }
        guard let nginx = patient.nginx else { return checks }
        let check = NginxCheck(nginx, NginxExpectation(agent))
        checks.append(NginxConfigurationCheck(check: check))
        let places = ProbePlace.all(in: check, agent.caches, limit: AccessLogCheck.placesMax)
        if let log = agent.accessLog {
            checks.append(AccessLogCheck(places: places, log: log, normalization: agent.normalization))
        }
        if probes { checks.append(FenceCheck(agent: agent, answer: patient.answer, places: places)) }
        return checks
    }

    /// The directories that nginx makes below a cache path.
    private func directories(_ path: String) -> Int {
        let paths = patient.nginx?.directives.filter { $0.name == "http" }.flatMap { http in
            NginxModule.allCases.flatMap { http.children($0.directive("cache_path")) }
        }
        let own = paths?.first { NginxExpectation.isSame(path, $0.arguments.first ?? "") }
        let levels = own?.arguments.first { $0.hasPrefix("levels=") }?.dropFirst("levels=".count)
        return WatchLimitCheck.directories(levels: own == nil ? "1:2" : levels.map(String.init))
    }

    private func ofKafka(_ cluster: DoctorPatient.Cluster) -> [any DoctorCheck] {
        let tier = patient.agent?.tier
        let isAgents = patient.agent != nil && cluster.file == patient.agentFile
        return [
            TopicsCheck(
                cluster: cluster, hasTiers: tier.map { $0.name != nil || $0.above != nil } ?? false,
                longestAbsence: patient.control?.agentExpiry),
            KafkaReadingCheck(cluster: cluster),
            AcknowledgementsCheck(
                cluster: cluster, own: isAgents ? patient.answer : nil, isAgents: isAgents,
                clockSkewMax: patient.agent?.clockSkewMax ?? .seconds(60)),
        ]
    }

    private func ofControl(_ control: ControlConfiguration) -> [any DoctorCheck] {
        var checks: [any DoctorCheck] = [DiskSpaceCheck(path: control.stateDirectory, reserveBytes: 64 << 20)]
        if let tokens = control.tokens {
            checks.append(TokensCheck(file: tokens.path, configuration: patient.controlFile))
        }
        if let files = control.tls { checks.append(CertificateCheck(files: files)) }
        return checks
    }
}
