import Hummingbird
import Logging
import PurgeModel
import Synchronization

/// Writes down who tried what they may not do; never what they sent as a secret.
///
/// Anybody who reaches the port can cause such lines, so there are only so many; the rest is counted and told with the
/// next one.
final class RefusalLog: Sendable {
    private struct Budget {
        var bucket: TokenBucket
        var suppressed = 0
    }

    private let budget: Mutex<Budget>
    private let started = ContinuousClock.now
    /// 20 lines at once and one a second: a day of trying fills about 20 MiB of log.
    private static let rate = TokenBucket.Rate(size: 20, refill: 1, periodMilliseconds: 1000)

    init() {
        budget = Mutex(Budget(bucket: TokenBucket(rate: Self.rate, at: 0)))
    }

    /// Logs one refusal.
    func note(_ refusal: AccessRefusal, request: Request, context: ControlContext) {
        let now = (ContinuousClock.now - started).wholeMilliseconds
        let suppressed = budget.withLock { budget -> Int? in
            guard budget.bucket.take(1, at: now) else {
                budget.suppressed += 1
                return nil
            }
            defer { budget.suppressed = 0 }
            return budget.suppressed
        }
        guard let suppressed else { return }
        var metadata: Logger.Metadata = [
            "method": "\(request.method)", "path": "\(request.uri.path.quotable)",
            "from": "\(context.remoteAddress ?? "unknown")", "reason": "\(refusal.message)",
        ]
        if let name = context.caller.name { metadata["token"] = "\(name)" }
        if suppressed > 0 { metadata["more_refused"] = "\(suppressed)" }
        context.logger.warning("a request was refused", metadata: metadata)
    }
}
