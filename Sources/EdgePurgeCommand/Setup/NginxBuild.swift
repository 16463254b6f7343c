/// How an nginx was built, by its `nginx -V`.
struct NginxBuild: Sendable {
    /// Where it takes relative paths from; nil where it is not told.
    let prefix: String?
    /// The user and the group of its workers without a directive `user`; nil where nobody knows.
    let user: String?
    let group: String?
    /// Where it logs without an `access_log`.
    let standardLog: String
    /// Modules that cache, and that it was built without.
    let missingModules: Set<String>
    let hasAuthRequest: Bool
    /// Its main file, where its command line names no other; nil where that is not told.
    let configuration: String?
    /// Where it keeps its process id without a directive `pid`.
    let pidFile: String

    /// - Parameters:
    ///   - text: what it printed; with nothing in it, it is taken for Debian's.
    ///   - given: its `-p`, which comes first.
    init(_ text: String, prefix given: String?) {
        func value(_ name: String) -> String? {
            text.firstRange(of: "--\(name)=").map { range in
                String(text[range.upperBound...].prefix { !$0.isWhitespace && $0 != "'" })
            }
        }
        let prefix = given ?? value("prefix")
        self.prefix = prefix
        // As auto/unix has it; the group of nobody is another one on each system.
        user = value("user") ?? (text.isEmpty ? nil : "nobody")
        group = value("group") ?? value("user")
        let log = value("http-log-path") ?? "/var/log/nginx/access.log"
        standardLog = log.hasPrefix("/") ? log : "\(prefix ?? "")/\(log)"
        missingModules = Set(["fastcgi", "uwsgi", "scgi"].filter { text.contains("--without-http_\($0)_module") })
        let file = value("conf-path") ?? (text.isEmpty ? nil : "conf/nginx.conf")
        configuration = file.flatMap { file in
            file.hasPrefix("/") ? file : prefix.map { $0.hasSuffix("/") ? $0 + file : "\($0)/\(file)" }
        }
        pidFile = value("pid-path") ?? "/run/nginx.pid"
        hasAuthRequest = text.isEmpty || text.contains("--with-http_auth_request_module")
    }

    /// A path of the configuration, as an absolute one; nil where nobody knows from where it is meant.
    func absolute(_ path: String) -> String? {
        if path.hasPrefix("/") { return path }
        guard let prefix, prefix.hasPrefix("/") else { return nil }
        return prefix.hasSuffix("/") ? prefix + path : "\(prefix)/\(path)"
    }
}
