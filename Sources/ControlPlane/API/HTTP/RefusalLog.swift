import Hummingbird
import Logging
import PurgeModel

/// Writes down who tried what they may not do; never what they sent as a secret.
///
/// Anybody who reaches the port can cause such lines, so there are only so many.
struct RefusalLog: Sendable {
    private let budget = WarningBudget()

    /// Logs one refusal.
    func note(_ refusal: AccessRefusal, request: Request, context: ControlContext) {
        guard let suppressed = budget.take() else { return }
        var metadata: Logger.Metadata = [
            "method": "\(request.method)", "path": "\(request.uri.path.quotable)",
            "from": "\(context.remoteAddress ?? "unknown")", "reason": "\(refusal.message)",
        ]
        if let name = context.caller.name { metadata["token"] = "\(name)" }
        if suppressed > 0 { metadata["more_refused"] = "\(suppressed)" }
        context.logger.warning("a request was refused", metadata: metadata)
    }
}
