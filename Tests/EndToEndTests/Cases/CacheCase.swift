import Foundation

@testable import EdgeAgent
@testable import EdgePurgeCommand

/// One cache of a generated nginx and how the agent is told of it.
struct CacheCase: Sendable {
    /// Unique in a run.
    let number: Int
    let module: TinyOrigin.Module
    /// One for each location that stores in the cache; the first letter of a path says which.
    let keys: [CaseKey]
    /// The hosts of agent.yaml, for keys without the visitors' host.
    let fixedHosts: [String]
    let levels: String?
    let usesTemporaryPath: Bool
    let givesValues: Bool
    /// Whether agent.yaml has a key that nothing here fits; then the agent has to say so.
    let isMistaken: Bool
    let hasOddRecords: Bool
    /// Lines of its servers that change nothing of what is promised.
    let options: [String]
    /// Loopback's own for this cache.
    let address: String
    let port: Int

    /// How paths of a location begin, all but the last with a letter of its own.
    static func root(_ place: Int, of count: Int) -> String { count == 1 ? "/" : place == 0 ? "/a/" : "/b/" }

    /// The key of a location; nginx's own knows its upstream.
    func key(_ place: Int) -> CaseKey { keys[place] }

    var isSliced: Bool { keys.contains(where: \.hasSlices) }
    var isLearnt: Bool { keys.contains(where: \.isLearnt) }

    var upstream: String { "backend\(number)" }

    /// Where nginx keeps it.
    func path(in folder: String) -> String { "\(folder)/cache\(number)" }

    // MARK: agent.yaml

    private var agentKeys: [String] {
        if isMistaken { return ["v0/$host$request_uri"] }
        return keys.map(\.agent) + (keys.contains(where: \.isRewritten) ? ["learn"] : [])
    }

    /// `values` of agent.yaml, as YAML.
    private var values: [String: String] {
        keys.reduce(into: [:]) { all, key in
            if givesValues || key.needsValues { all.merge(key.values) { $1 } }
        }
    }

    /// Its item under `caches`.
    func agent(in folder: String) -> String {
        var lines = ["path: \"\(path(in: folder))\""]
        let quoted = agentKeys.map { "'\($0)'" }
        lines.append("cache_key: " + (quoted.count == 1 ? quoted[0] : "[\(quoted.joined(separator: ", "))]"))
        if !fixedHosts.isEmpty {
            lines.append("host: " + (fixedHosts.count == 1 ? fixedHosts[0] : "[\(fixedHosts.joined(separator: ", "))]"))
        }
        if !isMistaken, !values.isEmpty {
            lines.append("values:")
            for (name, value) in values.sorted(by: { $0.key < $1.key }) { lines.append("  \(name): \(value)") }
        }
        return "  - " + lines.joined(separator: "\n    ") + "\n"
    }

    /// The agent's templates of this cache.
    func templates() throws -> [CacheKeyTemplate] {
        let variables = values.mapValues { text in
            text.hasPrefix("$")
                ? CacheKeyVariable.same(String(text.dropFirst()))
                : .oneOf(text.matches(of: /"([^"]*)"/).map { String($0.1) })
        }
        return try agentKeys.filter { $0 != "learn" }.map {
            try CacheKeyTemplate($0, hosts: fixedHosts, values: variables)
        }
    }

    // MARK: nginx

    /// Its lines in nginx's http block.
    ///
    /// - Parameter log: the access log that the agent reads; nil: none.
    func nginx(in folder: String, log: String?) -> String {
        let levels = levels.map { " levels=\($0)" } ?? ""
        let temporary = usesTemporaryPath ? "" : " use_temp_path=off"
        var text = """
            \(module.rawValue)_cache_path \(path(in: folder))\(levels) keys_zone=zone\(number):1m\(temporary);
            upstream \(upstream) { server unix:\(CaseOrigin.socket(module, in: folder)); }

            """
        if log != nil {
            for (place, key) in keys.enumerated() {
                let format = NginxConfiguration.fetchLogFormat.replacing(
                    "$edge_purge_key", with: "$logged\(number)_\(place)")
                text += """
                    map "" $logged\(number)_\(place) { volatile; default "\(key.nginx ?? key.shown)"; }
                    log_format edge\(number)_\(place) escape=default '\(format)';

                    """
            }
        }
        let locations = keys.indices.map { location($0, in: folder, log: log) }.joined()
        return text + """
            server {
                listen \(address):\(port);
                server_name \(fixedHosts.isEmpty ? "cases.example" : fixedHosts.joined(separator: " "));
                \(options.joined(separator: " "))
                large_client_header_buffers 4 64k;
                client_body_buffer_size 64k;
            \(locations)
            }

            """
    }

    private func location(_ place: Int, in folder: String, log: String?) -> String {
        let name = module.rawValue
        let key = keys[place]
        var lines = [
            "\(name)_cache zone\(number);", "\(name)_buffer_size 64k;", "\(name)_buffers 8 64k;",
            "\(name)_busy_buffers_size 128k;", "\(name)_cache_valid 200 206 301 404 410 1h;",
            "add_header X-Cache-Status $upstream_cache_status always;", "add_header X-Key \"\(key.shown)\" always;",
        ]
        if let text = key.nginx { lines.append("\(name)_cache_key \"\(text)\";") }
        if let log { lines.append("access_log \(log) edge\(number)_\(place);") }
        if key.isRewritten { lines.append("rewrite ^(.*)$ /site$1 break;") }
        if key.hasBody { lines.append("\(name)_cache_methods GET POST;") }
        if key.hasSlices { lines += ["slice 1k;", "proxy_set_header Range $slice_range;"] }
        if module == .proxy {
            lines += ["proxy_http_version 1.1;", "proxy_set_header Host $http_host;"]
        } else {
            lines += [
                "\(name)_param REQUEST_URI $request_uri;", "\(name)_param REQUEST_METHOD $request_method;",
                "\(name)_param CONTENT_LENGTH $content_length;", "\(name)_param SERVER_PROTOCOL $server_protocol;",
            ]
        }
        lines.append("\(name)_pass \(module == .proxy ? "http://" : "")\(upstream);")
        let body = lines.map { "        \($0)\n" }.joined()
        return "    location \(Self.root(place, of: keys.count)) {\n\(body)    }\n"
    }
}
