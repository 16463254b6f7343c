import ArgumentParser
import EdgeAgent
import Foundation
import PurgeModel

/// `edge-purge nginx check`: compares nginx's configuration with that of the agent.
struct NginxCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find what keeps this machine's nginx from obeying purges and the fence.",
        discussion: """
              nginx -T | edge-purge nginx check --config /etc/edge-purge/agent.yaml
              edge-purge nginx check --config agent.yaml --json nginx-T.txt

            It reads what `nginx -T` prints, and starts and changes nothing: cache paths
            and keys that differ from agent.yaml, locations that do not see the fence,
            an access log that the agent cannot use, errors that no purge reaches. It
            cannot know everything, such as what modules of your own do.

            Exit codes: 0 nothing found, 1 nothing could be read, 2 usage, 5 something
            found.
            """
    )

    @OptionGroup var options: SettingOptions

    @Argument(help: ArgumentHelp("What `nginx -T` printed; - is standard input.", valueName: "file"))
    var file = "-"

    @Flag(name: .customLong("json"), help: "Print one JSON object, for scripts.")
    var wantsJSON = false

    func run() async throws {
        let settings = try AgentSettings.load(
            path: options.path, environment: ProcessInfo.processInfo.environment, flags: options.flags)
        let check = NginxCheck(
            NginxDump(try text(), name: file), NginxExpectation(settings.configuration))
        guard !check.http.isEmpty else {
            throw CommandFailure(
                "\(file == "-" ? "standard input" : file) has no http block; give the output of nginx -T, as in "
                    + "`nginx -T | edge-purge nginx check --config /etc/edge-purge/agent.yaml`")
        }
        let findings = check.findings
        Terminal.write(
            wantsJSON
                ? try Self.json(findings, locations: check.locations.count)
                : Self.text(findings, locations: check.locations.count))
        if !findings.isEmpty { throw CommandFailure("", exit: .found) }
    }

    /// More than any configuration has.
    private static let bytesMax = 64 << 20

    private func text() throws -> String {
        if file == "-", Terminal.inputIsTerminal {
            throw ValidationError("Nothing to read: nginx -T | edge-purge nginx check --config agent.yaml")
        }
        do {
            let handle = file == "-" ? .standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            let data = try handle.read(upToCount: Self.bytesMax) ?? Data()
            return String(decoding: data, as: UTF8.self)
        } catch {
            throw CommandFailure("\(file): \(FileProblem.reason(error))")
        }
    }

    /// What a person reads.
    static func text(_ findings: [NginxFinding], locations: Int) -> String {
        var lines = findings.map { finding in
            let place = finding.place.map { "\($0): " } ?? ""
            return "\(TextTable.printable(place + finding.problem))\n  \(TextTable.printable(finding.advice))\n"
        }
        let places = "\(locations) \(locations == 1 ? "location answers" : "locations answer") from a cache"
        lines.append(findings.isEmpty ? "nothing found; \(places)" : "\(findings.count) found; \(places)")
        return lines.joined(separator: "\n")
    }

    /// The same for scripts.
    static func json(_ findings: [NginxFinding], locations: Int) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Report(findings: findings, locations: locations)), as: UTF8.self)
    }

    private struct Report: Encodable {
        var findings: [NginxFinding]
        var locations: Int
    }
}

extension NginxExpectation {
    /// What the agent with this configuration takes for granted.
    init(_ configuration: AgentConfiguration) {
        self.init(
            caches: configuration.caches.map {
                Cache(path: $0.path, keys: $0.cacheKeys, learnsKeys: $0.learnsNames)
            },
            fenceFile: configuration.fence.mode == .off ? nil : configuration.fence.file,
            askMarker: configuration.ask.socket.map { _ in configuration.ask.marker },
            accessLog: configuration.accessLog)
    }
}
