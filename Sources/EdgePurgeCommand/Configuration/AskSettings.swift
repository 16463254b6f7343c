import EdgeAgent

/// Maps `ask` of `agent.yaml`.
enum AskSettings {
    /// How nginx asks the agent before it answers from its cache.
    static func agent(_ reader: SettingsReader, default builtIn: AskConfiguration) -> AskConfiguration {
        var configuration = builtIn
        configuration.socket = reader.optionalText("ask.socket")
        // The limit is that of `sockaddr_un`, 108 bytes with the final zero (unix(7)).
        if let path = configuration.socket, !path.hasPrefix("/") || path.utf8.count > 107 {
            reader.refuse("ask.socket", value: path, allowed: "an absolute path of at most 107 bytes")
        }
        let mode = reader.text("ask.socket_mode", default: "0\(String(builtIn.socketMode, radix: 8))")
        if let number = Int(mode, radix: 8), (0...0o777).contains(number), mode.utf8.count <= 4 {
            configuration.socketMode = number
        } else {
            reader.refuse("ask.socket_mode", value: mode, allowed: "permissions in octal digits, such as \"0660\"")
        }
        configuration.group = reader.optionalText("ask.socket_group")
        configuration.marker = reader.text("ask.marker", default: builtIn.marker)
        if !configuration.marker.hasPrefix("/") || configuration.marker.hasSuffix("/") {
            reader.refuse(
                "ask.marker", value: configuration.marker,
                allowed: "the absolute path of a file, such as \(builtIn.marker)")
        }
        configuration.span = reader.choice(
            "ask.while", default: builtIn.span, AskConfiguration.Span.allCases.map { ($0.rawValue, $0) })
        configuration.hold = reader.duration(
            "ask.hold", default: builtIn.hold, in: .zero...AskConfiguration.holdMax)
        return configuration
    }
}
