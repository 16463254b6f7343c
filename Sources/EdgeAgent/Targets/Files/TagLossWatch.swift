import Logging
import PurgeModel

/// Tells of stored responses whose tags could not all be taken.
///
/// It counts each, logs each reason once, and is a problem for as long as it goes on.
struct TagLossWatch {
    private let context: FilesContext
    /// Reasons that were logged.
    private var named: Set<String> = []
    /// When the last of them was read; nil while there is no problem.
    private var last: ContinuousClock.Instant?

    /// From the last such response until it is no problem any more.
    ///
    /// A page that is wrong once is stored again when it expires, mostly within an hour; a shorter time would make the
    /// problem come and go.
    static let lasting = Duration.seconds(3600)

    init(_ context: FilesContext) {
        self.context = context
        // Zeros from the start, so that who compares numbers sees the first one.
        context.board.tellTagLoss { told in
            for (reason, _) in DroppedTags().byReason { told.dropped[reason, default: 0] += 0 }
            for head in UnreadableHead.allCases { told.heads[head.name, default: 0] += 0 }
        }
    }

    /// Takes note of an object that was read.
    mutating func read(_ object: StoredObject) {
        guard let loss = object.tagLoss else { return }
        let file = context.caches.path(of: object.key) ?? ""
        context.board.tellTagLoss { told in
            told.objects += 1
            for (reason, count) in loss.dropped.byReason { told.dropped[reason, default: 0] += count }
            if let head = loss.head { told.heads[head.name, default: 0] += 1 }
            told.example = TagLossStatus.Example(file: file, reason: "\(loss)", at: context.clock.now)
        }
        let reasons = loss.dropped.byReason.filter { $0.count > 0 }.map(\.reason) + [loss.head?.name].compactMap { $0 }
        var isNew = false
        for reason in reasons where named.insert(reason).inserted { isNew = true }
        if isNew {
            context.logger.warning(
                "a stored response has tags that cannot be read, and purges by these miss it; others are only counted",
                metadata: ["file": "\(file)", "reason": "\(loss)"])
        }
        if last == nil {
            context.board.set(
                tagProblem: "purges by tag may miss stored responses, such as \(file): \(loss); "
                    + "unread_tags in the agent's status counts them")
        }
        last = context.now
    }

    /// To be called every so often: the problem is over when none has come for a while.
    mutating func look() {
        guard let last, context.now - last >= Self.lasting else { return }
        self.last = nil
        context.board.set(tagProblem: nil)
    }
}
