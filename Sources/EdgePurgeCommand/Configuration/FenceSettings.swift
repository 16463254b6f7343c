import EdgeAgent
import PurgeModel

/// Maps `fence` of `agent.yaml`.
enum FenceSettings {
    /// When an agent takes its caches out of service.
    static func agent(_ reader: SettingsReader, default builtIn: FenceConfiguration) -> FenceConfiguration {
        var configuration = builtIn
        configuration.mode = reader.choice(
            "fence.mode", default: builtIn.mode, FenceMode.allCases.map { ($0.rawValue, $0) })
        configuration.after = reader.duration(
            "fence.after", default: builtIn.after, in: .seconds(2) ... .seconds(86_400))
        configuration.file = reader.text("fence.file", default: builtIn.file)
        if !configuration.file.hasPrefix("/") || configuration.file.hasSuffix("/") {
            reader.refuse(
                "fence.file", value: configuration.file, allowed: "the absolute path of a file, such as \(builtIn.file)"
            )
        }
        return configuration
    }
}
