import Hummingbird

/// What is known of a request besides itself.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who sent it; ``Caller/nobody`` on routes that are open to all.
    var caller = Caller.nobody
    /// The address of the other end, for the log; nil where it is not known.
    let remoteAddress: String?

    /// Who sent it, as accepting a purge wants to know.
    var sender: PurgeSender { PurgeSender(caller: caller, address: remoteAddress, logger: logger) }

    /// Whose share it uses.
    var tenant: Tenant { caller.tokenID.map { .token($0) } ?? .address(remoteAddress ?? "") }

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress?.ipAddress
    }
}
