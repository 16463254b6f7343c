import FoundationEssentials
import PurgeModel

/// Talks to a control plane.
struct ControlClient: Sendable {
    /// The address without a final slash: `http://127.0.0.1:7480`.
    let address: String
    /// What is sent as the bearer token; nil: nothing.
    let token: String?
    private let caller: HTTPCaller

    /// Where a control plane listens unless told otherwise.
    static let defaultAddress = "http://127.0.0.1:7480"
    /// The environment variable that names another one.
    static let variable = "EDGE_PURGE_CONTROL"
    /// The environment variable with the token to send.
    static let tokenVariable = "EDGE_PURGE_TOKEN"
    /// The environment variable with the file of the certificates to trust.
    static let certificatesVariable = "EDGE_PURGE_CA"

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - address: The URL given on the command line; nil: the environment variable, else the default.
    ///   - tokenFile: The file that holds the token; nil: the environment variable, else none is sent.
    ///   - certificatesFile: The file of the certificates to trust; nil: the environment variable, else those that the
    ///     machine trusts.
    ///   - environment: The variables.
    /// - Throws: `CommandFailure` (usage) when it is not an http or https URL, or a file cannot be read.
    init(
        address: String?,
        tokenFile: String? = nil,
        certificatesFile: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandFailure) {
        let fromEnvironment = environment[Self.variable].flatMap { $0.isEmpty ? nil : $0 }
        var text = address ?? fromEnvironment ?? Self.defaultAddress
        while text.hasSuffix("/") { text.removeLast() }
        guard text.hasPrefix("http://") || text.hasPrefix("https://"), text.count > 8 else {
            throw CommandFailure(
                "\"\(text)\" is not the address of a control plane; write it as http://host:port "
                    + "(--control or \(Self.variable))",
                exit: .usage
            )
        }
        self.address = text
        token = try Self.token(file: tokenFile, environment: environment)
        let certificates = certificatesFile ?? environment[Self.certificatesVariable].flatMap { $0.isEmpty ? nil : $0 }
        if let certificates { caller = try HTTPCaller(certificatesFile: certificates) } else { caller = HTTPCaller() }
    }

    /// Asks for `target` (path and query).
    ///
    /// - Throws: `CommandFailure` when the control plane cannot be reached or refuses.
    func get(_ target: String, timeout: Duration = .seconds(10)) async throws(CommandFailure) -> HTTPAnswer {
        let answer = try await call("GET", target, body: nil, timeout: timeout)
        if answer.isSuccess { return answer }
        throw refusal(answer, of: target)
    }

    /// Sends `body` and answers whatever comes back, refusals included.
    ///
    /// - Throws: `CommandFailure` when the control plane cannot be reached.
    func call(
        _ method: String,
        _ target: String,
        body: Data?,
        timeout: Duration = .seconds(30)
    ) async throws(CommandFailure) -> HTTPAnswer {
        var headers = [("Accept", "application/json"), ("Content-Type", "application/json")]
        if let token { headers.append(("Authorization", "Bearer \(token)")) }
        do {
            return try await caller.call(method, address + target, headers: headers, body: body, timeout: timeout)
        } catch {
            throw CommandFailure(
                """
                the control plane at \(address) cannot be reached: \(error.reason).
                Start it with `edge-purge control --config control.yaml` (everything at once: `edge-purge dev`),
                or say where it is with --control URL or \(Self.variable). Certificates of an authority of your own:
                --ca FILE or \(Self.certificatesVariable).
                """,
                isConnection: true
            )
        }
    }

    /// The token in a file, whose last line end does not count, or in the environment.
    private static func token(file: String?, environment: [String: String]) throws(CommandFailure) -> String? {
        guard let file else { return environment[tokenVariable].flatMap { $0.isEmpty ? nil : $0 } }
        do {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            return String(text.prefix { !$0.isWhitespace })
        } catch {
            throw CommandFailure("the token file \(file) cannot be read: \(FileProblem.reason(error))", exit: .usage)
        }
    }

    /// All zones of the control plane.
    func zones() async throws(CommandFailure) -> [ZoneList.Zone] {
        try await get("/v1/zones").decoded(ZoneList.self).zones
    }

    /// The zone that `name` means: an id as it is, a name through the control plane; nil: the only zone there is.
    func zoneID(_ name: String?) async throws(CommandFailure) -> String {
        if let name, Self.isZoneID(name) { return name.lowercased() }
        let zones = try await zones()
        let names = zones.map(\.name).sorted().joined(separator: ", ")
        guard let name else {
            if let only = zones.first, zones.count == 1 { return only.id }
            throw CommandFailure("say which zone with --zone; the control plane knows: \(names)", exit: .usage)
        }
        if let zone = zones.first(where: { $0.name.lowercased() == name.lowercased() }) { return zone.id }
        throw CommandFailure("there is no zone \(name) at \(address); it knows: \(names.isEmpty ? "none" : names)")
    }

    /// Whether `text` is a zone id: 32 hexadecimal digits.
    static func isZoneID(_ text: String) -> Bool {
        HexText.isLowercase(text.lowercased(), digits: 32)
    }

    /// The failure for an answer that is not a success.
    func refusal(_ answer: HTTPAnswer, of target: String) -> CommandFailure {
        if let error = try? answer.decoded(ErrorAnswer.self).error {
            let advice = answer.status == 401 ? "; give a token in \(Self.tokenVariable) or with --token-file" : ""
            return CommandFailure("\(error.message) (\(error.code))\(advice)")
        }
        return CommandFailure("\(address)\(target) answered with status \(answer.status): \(answer.excerpt)")
    }
}
