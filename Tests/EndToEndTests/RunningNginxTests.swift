import Foundation
import TestSupport
import Testing

@testable import EdgePurgeCommand

/// Which nginx run on a machine, and what set-up says of those that it does not read.
@Suite struct RunningNginxTests {
    private let folder: TemporaryDirectory
    private var path: String { folder.path }

    init() throws { folder = try TemporaryDirectory() }

    /// A process as proc(5) has it.
    private func make(_ number: Int, _ line: String, program: String, root: String = "/") throws {
        let own = "\(path)/\(number)"
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        try Data(line.utf8).write(to: URL(fileURLWithPath: own + "/cmdline"))
        try FileManager.default.createSymbolicLink(atPath: own + "/exe", withDestinationPath: program)
        try FileManager.default.createSymbolicLink(atPath: own + "/root", withDestinationPath: root)
    }

    @Test func `each master is known by how it was called`() async throws {
        try make(
            7, "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;\0\0x", program: "/usr/sbin/nginx"
        )
        try make(12, "nginx: worker process\0", program: "/usr/sbin/nginx")
        try make(
            20, "nginx: master process ./nginx -p /opt/n/ -c conf/a.conf -q\0", program: "/opt/n/sbin/nginx (deleted)")
        try make(9, "nginx: master process nginx -c/etc/b.conf\0", program: "/opt/b")
        try make(30, "nginx: master process nginx\0", program: "/usr/sbin/nginx", root: path)
        try make(40, "bash\0-c\0nginx: master process\0", program: "/bin/bash")
        let found = RunningNginx.all(path)
        #expect(found.map(\.process) == [7, 9, 20, 30])
        #expect(
            found.map(\.command)
                == [
                    "/usr/sbin/nginx", "/opt/b -c /etc/b.conf", "/opt/n/sbin/nginx -p /opt/n/ -c conf/a.conf",
                    "/usr/sbin/nginx",
                ])
        #expect(found.map(\.configuration) == [nil, "/etc/b.conf", "/opt/n/conf/a.conf", nil])
        #expect(found.map(\.isElsewhere) == [false, false, false, true])

        let standard = try #require(await NginxProgram("nginx").build().configuration)
        let others = await RunningNginx.others(than: standard, found)
        #expect(others.count == 3, "\(others)")
        #expect(others.contains { $0.contains("/opt/n/conf/a.conf") && $0.contains("--nginx '/opt/n/sbin/nginx -p") })
        #expect(others.contains { $0.contains("container (process 30)") && $0.contains("--dump") })
        #expect(await RunningNginx.others(than: "/etc/b.conf", found).contains { $0.contains(standard) })
    }

    @Test(arguments: [
        ("--prefix=/usr/share/nginx --conf-path=/etc/nginx/nginx.conf", "/etc/nginx/nginx.conf"),
        ("--prefix=/usr/local/nginx", "/usr/local/nginx/conf/nginx.conf"), ("", nil), ("--with-debug", nil),
    ])
    func `the file that an nginx was built with`(_ arguments: String, _ file: String?) {
        #expect(NginxBuild(arguments, prefix: nil).configuration == file)
    }

    /// Caches of one nginx stay when another one is set up, as long as one user can purge both.
    @Test func `a second nginx takes nothing away`() throws {
        let first = path + "/first"
        try FileManager.default.createDirectory(atPath: first, withIntermediateDirectories: true)
        let owner = try #require(Account.owner(of: first))
        let dump = NginxDump(
            """
            user \(owner);
            http {
                proxy_cache_path \(path)/second keys_zone=edge:1m;
                server { location / { proxy_cache edge; proxy_cache_key $host$uri; proxy_pass http://o; } }
            }
            """, name: path + "/nginx.conf")
        func setup(hasOthers: Bool, user: String) throws -> AgentSetup {
            try AgentSetup(
                dump, NginxBuild("--user=\(user)", prefix: nil),
                AgentSetup.Wishes(
                    configuration: path + "/agent.yaml", snippets: path + "/edge-purge", units: path + "/units",
                    hasOthers: hasOthers),
                existing: "kafka: {bootstrap_servers: \"k:1\"}\ncaches:\n- path: \(first)\n  cache_key: $host$uri\n")
        }
        let both = try setup(hasOthers: true, user: owner)
        let unit = try #require(both.changes.first { $0.path.hasSuffix("edge-purge-agent.service.d/nginx.conf") })
        #expect(unit.new.contains("\"\(first)\" \"\(path)/second\""), "\(unit.new)")
        #expect(!both.problems.contains { $0.problem.contains("has no cache path") }, "\(both.problems)")
        #expect(try setup(hasOthers: false, user: owner).problems.contains { $0.problem.contains("has no cache path") })
    }

    @Test(.enabled(if: SmallVolume.isPossible, "needs root"))
    func `caches of another user need another agent`() throws {
        let dump = NginxDump(
            "user www-data; http { proxy_cache_path \(path)/second keys_zone=edge:1m; }", name: path + "/nginx.conf")
        let first = path + "/first"
        try FileManager.default.createDirectory(atPath: first, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.ownerAccountName: "games"], ofItemAtPath: first)
        let setup = try AgentSetup(
            dump, NginxBuild("", prefix: nil),
            AgentSetup.Wishes(
                configuration: path + "/agent.yaml", snippets: path + "/edge-purge", units: path + "/units",
                hasOthers: true),
            existing: "kafka: {bootstrap_servers: \"k:1\"}\ncaches:\n- path: \(first)\n  cache_key: $host$uri\n")
        #expect(setup.problems.contains { $0.problem.contains("belongs to games") }, "\(setup.problems)")
    }
}
