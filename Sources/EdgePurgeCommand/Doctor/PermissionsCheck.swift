import EdgeAgent
import FoundationEssentials
import PurgeModel

/// Whether the agent's user may change the cache and its own state, and nginx's user sees the fence and may ask.
struct PermissionsCheck: DoctorCheck {
    let agent: AgentConfiguration
    let nginxUser: String?

    let name = "permissions"

    func look() async -> [DoctorFinding] {
        let state = agent.stateDirectory
        guard let owner = Account.owner(of: state) else {
            return [
                .red(
                    state, "the state directory is not there",
                    mend: "systemctl start edge-purge-agent   # systemd makes it (StateDirectory)")
            ]
        }
        guard let own = await Account(named: owner) else {
            return [.red(state, "nobody knows its owner \(owner)", mend: "chown -R www-data: \(state)")]
        }
        var findings = ofAgent(own)
        if let nginxUser {
            if let nginx = await Account(named: nginxUser) {
                findings += ofNginx(nginx, agent: own)
            } else {
                findings.append(
                    .red(nil, "nginx's user \(nginxUser) is not there", mend: "correct `user` in nginx.conf"))
            }
        }
        return findings.isEmpty
            ? [
                .green(
                    nil,
                    "the agent is \(owner)\(nginxUser.map { ", nginx is \($0)" } ?? ""); each may do what it has to")
            ]
            : findings
    }

    /// What the agent may not do.
    func ofAgent(_ user: Account) -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        for path in agent.caches.map(\.path) where FileManager.default.fileExists(atPath: path) {
            if let obstacle = user.obstacle(.write, path) {
                findings.append(
                    .red(
                        path, "the agent's user \(user.name) may not change it, because of \(obstacle)",
                        mend: "run the agent as the owner of \(obstacle): User= in its unit"))
            }
        }
        if let log = agent.accessLog {
            if !FileManager.default.fileExists(atPath: log) {
                findings.append(
                    .yellow(log, "the access log is not there", mend: "nginx -t && systemctl reload nginx"))
            } else if let obstacle = user.obstacle(.read, log) {
                findings.append(
                    .red(
                        log, "the agent's user \(user.name) may not read it, because of \(obstacle)",
                        mend: obstacle == log
                            ? "chmod g+r \(log); usermod -aG \(Self.group(of: log)) \(user.name)"
                            : "usermod -aG \(Self.group(of: obstacle)) \(user.name)"))
            }
        }
        return findings
    }

    /// What nginx may not do, and what comes of two users.
    func ofNginx(_ nginx: Account, agent user: Account) -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        if user.name != nginx.name, user.name != "root" {
            findings.append(
                .red(
                    nil, "the agent is \(user.name), and nginx writes its files as \(nginx.name), for itself only",
                    mend: "run the agent as \(nginx.name): edge-purge setup --write makes a drop-in for its unit"))
        }
        var files = agent.fence.mode == .off ? [] : [(agent.fence.file, "the fence")]
        if agent.ask.socket != nil { files.append((agent.ask.marker, "that it is to ask")) }
        for (file, what) in files {
            let directory = URL(filePath: file).deletingLastPathComponent().path
            guard FileManager.default.fileExists(atPath: directory),
                let obstacle = nginx.obstacle(.search, directory)
            else { continue }
            findings.append(
                .red(
                    file, "nginx's user \(nginx.name) cannot see \(what), because of \(obstacle)",
                    mend: "chmod o+x \(obstacle)"))
        }
        if let socket = agent.ask.socket, FileManager.default.fileExists(atPath: socket),
            let obstacle = nginx.obstacle(.write, socket)
        {
            findings.append(
                .red(
                    socket, "nginx's user \(nginx.name) may not ask, because of \(obstacle)",
                    mend: "set ask.socket_group: \(nginx.name) in agent.yaml, and restart the agent"))
        }
        return findings
    }

    private static func group(of path: String) -> String {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.groupOwnerAccountName] as? String ?? "adm"
    }
}
