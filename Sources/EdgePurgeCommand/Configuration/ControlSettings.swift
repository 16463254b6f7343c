import ControlPlane
import FoundationEssentials
import Kafka
import Logging
import PurgeModel

/// Maps `control.yaml` and its layers onto `ControlConfiguration`.
///
/// The keys are explained to operators in `config/control.yaml`.
struct ControlSettings {
    /// What the control plane runs with.
    var configuration: ControlConfiguration
    /// How much it logs.
    var logLevel: Logger.Level
    /// Every key with its value and where it comes from.
    var settings: [Setting]

    /// Where the control plane keeps its state unless told otherwise.
    static let standardStateDirectory = "/var/lib/edge-purge-control"

    /// Reads all layers, and the file of zones.
    ///
    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    static func load(
        path: String?,
        environment: [String: String],
        flags: [(key: String, value: String)]
    ) throws(ConfigurationProblems) -> ControlSettings {
        let reader = try SettingsReader(path: path, environment: environment, flags: flags)
        return try read(reader) { file throws(ConfigurationProblems) in
            try ZoneSettings.load(path: resolved(file, against: reader.fileDirectory))
        }
    }

    /// Reads the zones only, for a command that needs nothing else.
    static func zones(_ reader: SettingsReader) throws(ConfigurationProblems) -> ZoneTable {
        let file = reader.text("zones.file", default: "zones.yaml")
        return try ZoneSettings.load(path: resolved(file, against: reader.fileDirectory))
    }

    /// Reads every key there is; `zones` reads the file that `zones.file` names.
    static func read(
        _ reader: SettingsReader,
        zones: (String) throws(ConfigurationProblems) -> ZoneTable
    ) throws(ConfigurationProblems) -> ControlSettings {
        let kafka = KafkaSettings.kafka(reader)
        let topics = KafkaSettings.topics(reader)
        let zonesFile = reader.text("zones.file", default: "zones.yaml")
        let table: ZoneTable
        do {
            table = try zones(zonesFile)
        } catch {
            for problem in error.problems { reader.refuse("zones file \(error.file ?? zonesFile): \(problem)") }
            table = try ZoneSettings.table([], file: zonesFile)
        }
        var configuration = ControlConfiguration(kafka: kafka, zones: table)
        configuration.topics = topics
        configuration.stateDirectory = reader.text("state_directory", default: configuration.stateDirectory)
        if !configuration.stateDirectory.hasPrefix("/") {
            reader.refuse("state_directory", value: configuration.stateDirectory, allowed: "an absolute path")
        }
        let tokensFile = TokenSettings.path(reader, stateDirectory: configuration.stateDirectory)
        configuration.tokens = TokenSource(path: tokensFile) { try TokenSettings.load(path: tokensFile) }
        configuration.tls = tls(reader)
        readListening(reader, into: &configuration)
        checkTokens(reader, host: configuration.host, file: tokensFile)
        readLimits(reader, into: &configuration)
        readHistory(reader, into: &configuration)
        configuration.metrics = MetricsSettings.control(reader, default: configuration.metrics)
        let logLevel = LogSettings.level(reader)
        try reader.finish()
        return ControlSettings(configuration: configuration, logLevel: logLevel, settings: reader.settings)
    }

    private static func readListening(_ reader: SettingsReader, into configuration: inout ControlConfiguration) {
        configuration.host = reader.text("listen.host", default: configuration.host)
        if configuration.host.isEmpty {
            reader.refuse("listen.host", value: "", allowed: "an address or host name, such as 127.0.0.1 or 0.0.0.0")
        }
        configuration.port = reader.integer("listen.port", default: configuration.port, in: 0...65_535)
        configuration.connectionsMax = reader.integer(
            "listen.connections_max",
            default: configuration.connectionsMax,
            in: 1...1_000_000
        )
        configuration.idleTimeout = reader.duration(
            "listen.idle_timeout",
            default: configuration.idleTimeout,
            in: .seconds(1) ... .seconds(3600)
        )
        configuration.requestTimeout = reader.duration(
            "listen.request_timeout",
            default: configuration.requestTimeout,
            in: .seconds(1) ... .seconds(3600)
        )
        configuration.writeTimeout = reader.duration(
            "listen.write_timeout",
            default: configuration.writeTimeout,
            in: .seconds(1) ... .seconds(3600)
        )
    }

    /// What would keep the control plane from starting.
    private static func checkTokens(_ reader: SettingsReader, host: String, file: String) {
        do {
            if try TokenSettings.load(path: file) == nil,
                let error = ControlPlaneError.listensWithoutTokens(host: host, file: file)
            {
                reader.refuse(error.message)
            }
        } catch {
            // Tokens are for the user of the control plane only; whoever checks its configuration may be another one.
            guard FileManager.default.isReadableFile(atPath: file) else { return }
            for problem in error.problems { reader.refuse("tokens file \(file): \(problem)") }
        }
    }

    private static func tls(_ reader: SettingsReader) -> TLSFiles? {
        let certificate = reader.optionalText("listen.tls.certificate")
        let key = reader.optionalText("listen.tls.key")
        guard let certificate, let key else {
            if certificate != nil || key != nil {
                reader.refuse("needs both a certificate and a key", at: "listen.tls")
            }
            return nil
        }
        return TLSFiles(
            certificate: resolved(certificate, against: reader.fileDirectory),
            key: resolved(key, against: reader.fileDirectory))
    }

    private static func readLimits(_ reader: SettingsReader, into configuration: inout ControlConfiguration) {
        configuration.keysPerRequestMax = reader.integer(
            "limits.keys_per_request",
            default: configuration.keysPerRequestMax,
            in: 1...10_000
        )
        configuration.urlsPerRequestMax = reader.integer(
            "limits.urls_per_request",
            default: configuration.urlsPerRequestMax,
            in: 1...10_000
        )
        configuration.produceTimeout = reader.duration(
            "limits.produce_timeout",
            default: configuration.produceTimeout,
            in: .milliseconds(100) ... .seconds(300)
        )
    }

    private static func readHistory(_ reader: SettingsReader, into configuration: inout ControlConfiguration) {
        configuration.historyWindow = reader.duration(
            "history.window",
            default: configuration.historyWindow,
            in: .seconds(60) ... .seconds(365 * 86_400)
        )
        configuration.historyPurgesMax = reader.integer(
            "history.purges_max",
            default: configuration.historyPurgesMax,
            in: 100...100_000_000
        )
        configuration.historyBytesMax = reader.byteSize(
            "history.bytes_max",
            default: configuration.historyBytesMax,
            in: (1 << 20)...(1 << 40)
        )
        configuration.memoryPurgesMax = reader.integer(
            "history.memory_purges_max",
            default: configuration.memoryPurgesMax,
            in: 100...100_000_000
        )
        configuration.memoryBytesMax = reader.byteSize(
            "history.memory_bytes_max",
            default: configuration.memoryBytesMax,
            in: (1 << 20)...(1 << 40)
        )
        configuration.memoryDetailsMax = reader.integer(
            "history.memory_details_max",
            default: configuration.memoryDetailsMax,
            in: 100...1_000_000_000
        )
        configuration.rosterFile = reader.optionalText("agents.roster")
        do throws(RosterError) {
            if let roster = configuration.rosterFile { _ = try RosterFile.read(path: roster) }
        } catch {
            reader.refuse(error.message)
        }
        let expiry = reader.duration("agents.expire", default: .zero, in: .zero ... .seconds(365 * 86_400))
        configuration.agentExpiry = expiry > .zero ? expiry : nil
        configuration.confirmationMargin = reader.duration(
            "confirmation.margin",
            default: configuration.confirmationMargin,
            in: .zero ... .seconds(3600)
        )
        configuration.instanceWindow = reader.duration(
            "confirmation.instance_window",
            default: configuration.instanceWindow,
            in: .milliseconds(1100) ... .seconds(3600)
        )
    }

    /// A path in a file is meant from where the file is.
    private static func resolved(_ path: String, against directory: String?) -> String {
        guard let directory, !path.hasPrefix("/") else { return path }
        return "\(directory)/\(path)"
    }
}
