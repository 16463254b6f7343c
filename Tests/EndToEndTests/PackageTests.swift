import Foundation
import Subprocess
import TestSupport
import Testing

/// What of the Debian package can be tried without building and installing one: `make package-test` does that.
@Suite struct PackageTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let scripts = ["preinst", "postinst", "prerm", "postrm"]

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// What is installed where: from a path of this repository, or from one that the build makes.
    private static func installed() throws -> [(source: String, folder: String)] {
        try text("deploy/debian/edge-purge.install").split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            let words = $0.split(separator: " ").map(String.init)
            return (try #require(words.first), try #require(words.last))
        }
    }

    @Test(.enabled(if: Tool.isInstalled("groff"), "groff-base checks the pages"))
    func `man pages are made of the help and of the settings, without a warning`() async throws {
        let directory = try TemporaryDirectory()
        let made = try await Program.run(
            Self.root.appending(path: "scripts/man-pages").path, [Program.path, directory.path], in: .inherit)
        #expect(made.status == 0, "\(made)")
        let pages = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        for page in ["edge-purge.1", "edge-purge-purge.1", "edge-purge-agent.yaml.5"] { #expect(pages.contains(page)) }
        for page in pages {
            let path = "\(directory.path)/\(page)"
            let look = try await Program.run(
                "/usr/bin/groff", ["-Kutf8", "-man", "-Tutf8", "-ww", "-z", path], in: .inherit)
            #expect(look.status == 0 && look.errors.isEmpty, "\(page): \(look)")
        }
        for name in ["agent", "control", "zones"] {
            let page = try String(contentsOfFile: "\(directory.path)/edge-purge-\(name).yaml.5", encoding: .utf8)
            let keys = try Self.text("config/\(name).yaml").matches(of: /(?m)^ *(?:- )?#?(\w+):/).map { String($0.1) }
            #expect(keys.count > 3)
            for key in keys {
                #expect(page.contains("\n\\fB\(key)\\fR") || page.contains(".\(key)\\fR"), "\(name).yaml: no \(key)")
            }
        }
    }

    @Test func `every file of settings, every unit and every snippet is in the package`() throws {
        let installed = try Self.installed()
        for file in installed where !file.source.hasPrefix("build/") && !file.source.hasSuffix("*") {
            let path = Self.root.appending(path: file.source).path
            #expect(FileManager.default.fileExists(atPath: path), "there is no \(file.source)")
        }
        for (folder, place) in [("config", "etc/edge-purge"), ("deploy/systemd", "lib/systemd/system")] {
            let files = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: folder).path)
            for file in files where file.hasSuffix(".yaml") || file.hasSuffix(".service") {
                #expect(installed.contains { $0 == ("\(folder)/\(file)", place) }, "\(file) is not installed")
            }
        }
        #expect(installed.contains { $0 == ("deploy/nginx/*", "usr/share/edge-purge/nginx") })
    }

    @Test func `units run the installed program, in the group that may read the settings`() throws {
        let group = try #require(try Self.text("deploy/debian/edge-purge.sysusers").firstMatch(of: /(?m)^g (\S+)/)).1
        for name in ["agent", "control", "fence"] {
            let unit = try Self.text("deploy/systemd/edge-purge-\(name).service").split(separator: "\n")
            #expect(unit.contains { $0.hasPrefix("ExecStart=/usr/bin/edge-purge ") })
            #expect(unit.contains { $0 == "SupplementaryGroups=\(group)" }, "\(name) cannot read its settings")
            #expect(try Self.text("deploy/debian/edge-purge.prerm").contains("edge-purge-\(name).service"))
        }
        for file in try Self.installed() where file.folder == "etc/edge-purge" {
            let path = "/etc/edge-purge/" + (file.source as NSString).lastPathComponent
            #expect(try Self.text("deploy/debian/edge-purge.postinst").contains(path), "who may read \(path)?")
        }
    }

    /// Attack: the fence's unit scored 6.0, and the agent's 2.1.
    @Test(
        .enabled(if: Tool.isInstalled("systemd-analyze"), "systemd judges them"),
        arguments: ["agent", "control", "fence"])
    func `a unit gives less than systemd calls exposed`(name: String) async throws {
        // Alone: what lies beside it are drop-ins that somebody may choose.
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/edge-purge-\(name).service"
        try Self.text("deploy/systemd/edge-purge-\(name).service").write(
            toFile: path, atomically: true, encoding: .utf8)
        let look = try await Subprocess.run(
            .name("systemd-analyze"), arguments: ["security", "--offline=true", "--no-pager", "--threshold=19", path],
            output: .string(limit: 65_536), error: .string(limit: 65_536))
        let last = look.standardOutput.split(separator: "\n").last ?? ""
        #expect(look.terminationStatus.isSuccess, "\(last)\(look.standardError)")
        #expect(last.contains("Overall exposure level"))
    }

    @Test(.enabled(if: Tool.isInstalled("shellcheck"), "shellcheck reads them"), arguments: scripts)
    func `a maintainer script is a good shell script`(name: String) async throws {
        let script = try Self.text("deploy/debian/edge-purge.\(name)").replacing("#STATE_FORMAT#", with: "2")
        let look = try await Subprocess.run(
            .name("shellcheck"), arguments: ["--shell=sh", "-"], input: .string(script), output: .string(limit: 65_536),
            error: .string(limit: 65_536))
        #expect(look.terminationStatus.isSuccess, "\(look.standardOutput)\(look.standardError)")
        #expect(script.contains("#DEBHELPER#"))
    }

    /// `preinst` compares this number: another one would let an agent be installed that cannot read its state.
    @Test func `the package knows the format of the agent's state`() throws {
        let source = try Self.text("Sources/EdgeAgent/Database/AgentDatabase.swift")
        let format = try #require(source.firstMatch(of: /static let format: UInt8 = (\d+)/)).1
        #expect(try Self.text("deploy/debian/state-format") == "\(format)\n")
    }

    @Test func `what the documents name of the package is in it`() throws {
        let folders = Set(try Self.installed().map { "/" + $0.folder })
        for document in ["README.md", "docs/operating/install.md", "docs/operating/upgrades.md"] {
            for match in try Self.text(document).matches(of: /\/usr\/share\/edge-purge\/[\w\/.-]*\w/) {
                let name = (String(match.0) as NSString)
                let source = "deploy/" + name.replacingOccurrences(of: "/usr/share/edge-purge/", with: "")
                #expect(folders.contains(String(match.0)) || folders.contains(name.deletingLastPathComponent))
                let path = Self.root.appending(path: source).path
                #expect(FileManager.default.fileExists(atPath: path), "\(document) names \(match.0)")
            }
        }
    }

    private static var isFromGit: Bool {
        Tool.isInstalled("git") && FileManager.default.fileExists(atPath: root.appending(path: ".git").path)
    }

    @Test(.enabled(if: isFromGit, "git is not there, or the sources are not from it"))
    func `sources know their commit without git, too`() async throws {
        let directory = try TemporaryDirectory()
        let command = """
            git() { command git -c safe.directory='*' "$@"; }
            cd "$0" && git archive HEAD .gitattributes scripts/source-version \
            Sources/EdgePurgeCommand/ProgramVersion.swift | tar -xC "$1" &&
            git rev-parse --short=12 HEAD && "$1/scripts/source-version"
            """
        let look = try await Program.run(
            "/bin/sh", ["-c", command, Self.root.path, directory.path], in: .inherit)
        let lines = look.output.split(separator: "\n")
        try #require(look.status == 0 && lines.count == 2, "\(look)")
        #expect(lines[1].hasPrefix("EDGE_PURGE_COMMIT=\(lines[0]) SOURCE_DATE_EPOCH="), "\(look)")
    }
}
