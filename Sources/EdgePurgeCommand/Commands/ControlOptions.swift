import ArgumentParser

/// The options of every subcommand that asks a control plane.
struct ControlOptions: ParsableArguments {
    @Option(
        name: .customLong("control"),
        help: ArgumentHelp(
            "Address of the control plane (default: $EDGE_PURGE_CONTROL, else \(ControlClient.defaultAddress)).",
            valueName: "url"
        )
    )
    var address: String?

    @Option(
        name: .customLong("token-file"),
        help: ArgumentHelp("File with the token to send (default: $\(ControlClient.tokenVariable)).", valueName: "file")
    )
    var tokenFile: String?

    @Option(
        name: .customLong("ca"),
        help: ArgumentHelp(
            "File in PEM with the certificates to trust for https (default: $\(ControlClient.certificatesVariable), "
                + "else those this machine trusts).",
            valueName: "file")
    )
    var certificatesFile: String?

    @Flag(name: .customLong("json"), help: "Print one JSON object, for scripts.")
    var wantsJSON = false

    /// A client for the address given.
    func client() throws(CommandFailure) -> ControlClient {
        try ControlClient(address: address, tokenFile: tokenFile, certificatesFile: certificatesFile)
    }
}
