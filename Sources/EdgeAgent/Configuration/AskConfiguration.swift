/// How nginx asks the agent before it answers from its cache.
package struct AskConfiguration: Sendable, Hashable {
    /// Until when nginx asks.
    package enum Span: String, Sendable, CaseIterable {
        /// While purges wait to be applied.
        case purge
        /// Also as long as they stand as guards: no late fill is ever served.
        case `guard`
    }

    /// The Unix socket that nginx asks on; nil: nginx does not ask.
    package var socket: String?
    /// The permissions of the socket.
    package var socketMode: Int
    /// The group of the socket; nil: that of the agent.
    package var group: String?
    /// The file whose presence makes nginx ask.
    package var marker: String
    package var span: Span
    /// How long a visitor waits at most for a response that another one's request is fetching; zero: nobody waits.
    package var hold: Duration

    /// The longest hold: nginx waits for an answer a second longer (`deploy/nginx/edge-purge-ask.conf`).
    package static let holdMax = Duration.seconds(5)

    package static let standardMarker = "/run/edge-purge/ask"

    /// The marker that this agent makes and removes; nil: none.
    ///
    /// Without a socket one that was named for this agent is kept with the fence all the same: nginx may still have the
    /// snippet, and sees no fence without it. The usual one may be that of another agent.
    package var keptMarker: String? { socket != nil || marker != Self.standardMarker ? marker : nil }

    /// Creates a configuration with the documented defaults.
    package init(
        socket: String? = nil, socketMode: Int = 0o660, group: String? = nil, marker: String = Self.standardMarker,
        span: Span = .purge, hold: Duration = .seconds(5)
    ) {
        self.socket = socket
        self.socketMode = socketMode
        self.group = group
        self.marker = marker
        self.span = span
        self.hold = hold
    }
}
