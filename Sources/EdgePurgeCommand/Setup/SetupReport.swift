import EdgeAgent
import FoundationEssentials

/// What set-up found and did, for people and for scripts.
struct SetupReport: Encodable {
    private struct Cache: Encodable {
        var path: String
        var zone: String
        var module: String
        var levels: String?
        var usesTemporaryPath: Bool
        var place: String
        /// What agent.yaml says of it.
        var cacheKeys: [String]
        var hosts: [String]
        var keys: [Key]

        enum CodingKeys: String, CodingKey {
            case path, zone, module, levels, place, hosts, keys
            case usesTemporaryPath = "use_temp_path"
            case cacheKeys = "cache_key"
        }
    }

    private struct Key: Encodable {
        var key: String
        var place: String
        var server: [String]
        var location: String?
        /// `template`, `learn` or `none`.
        var reading: String
    }

    private struct Change: Encodable {
        var file: String
        var isNew: Bool
        var diff: String

        enum CodingKeys: String, CodingKey {
            case file, diff
            case isNew = "new"
        }
    }

    private var caches: [Cache]
    private var changes: [Change]
    private var problems: [SetupProblem]
    private var notes: [String]
    private var nginxUser: String?
    /// The main file of the nginx that was read; nil: nobody knows.
    private var configuration: String?
    /// Whether the changes are on the disk.
    var isWritten = false
    /// Whether nginx has taken them.
    var isReloaded = false
    /// Copies of what was replaced.
    var backups: [String] = []

    enum CodingKeys: String, CodingKey {
        case caches, changes, problems, notes, backups, configuration
        case nginxUser = "nginx_user"
        case isWritten = "written"
        case isReloaded = "reloaded"
    }

    /// - Parameters:
    ///   - read: the main file that was read.
    ///   - others: other nginx of this machine, a sentence each.
    init(_ setup: AgentSetup, read: String? = nil, others: [String] = []) {
        caches = setup.caches.map { plan in
            Cache(
                path: plan.path, zone: plan.zone, module: plan.module.rawValue, levels: plan.parameter("levels"),
                usesTemporaryPath: plan.parameter("use_temp_path") != "off", place: "\(plan.directive.place)",
                cacheKeys: plan.configuration.cacheKeys, hosts: plan.configuration.hosts,
                keys: zip(plan.uses, plan.readings).map { use, reading in
                    Key(
                        key: use.key, place: "\(use.location.place)", server: use.serverNames,
                        location: use.location.levels.last?.heading, reading: reading)
                })
        }
        changes = setup.changes.map { Change(file: $0.path, isNew: $0.old == nil, diff: $0.diff) }
        problems = setup.problems
        notes = others + setup.notes
        configuration = read
        nginxUser = setup.user
    }

    /// For scripts.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// For people; the changes stand in it as `patch` takes them.
    var text: String {
        var lines = configuration.map { ["nginx with \($0)"] } ?? []
        for cache in caches {
            let temporary = cache.usesTemporaryPath ? "" : ", use_temp_path=off"
            lines.append(
                "\(cache.path): \(cache.module)_cache \(cache.zone)\(cache.levels.map { ", levels=\($0)" } ?? "")"
                    + temporary)
            for key in cache.keys {
                let server = key.server.isEmpty ? "a server without a name" : key.server.joined(separator: " ")
                let key0 = key.key.isEmpty ? "(no key)" : key.key
                lines.append("  \(key0)  \(server): \(key.location ?? "")  (\(key.place))")
            }
        }
        if caches.isEmpty { lines.append("nginx has no cache path") }
        if !problems.isEmpty { lines += ["", "This does not work yet:"] }
        for problem in problems {
            let parts = [
                problem.place, problem.location, problem.server.isEmpty ? nil : problem.server.joined(separator: " "),
            ]
            let place = parts.compactMap { $0 }.joined(separator: ", ")
            lines += ["  \(place.isEmpty ? "" : place + ": ")\(problem.problem)", "    \(problem.advice)"]
        }
        if !notes.isEmpty { lines += ["", "Good to know:"] + notes.map { "  \($0)" } }
        if !changes.isEmpty { lines += ["", isWritten ? "Written:" : "To be written:", ""] + changes.map(\.diff) }
        // What is in files of others may have anything in it.
        return lines.joined(separator: "\n").split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map { TextTable.printable(String($0)) } }
            .map { $0.joined(separator: "\t") }.joined(separator: "\n")
    }
}
