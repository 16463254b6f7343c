import Logging
import PurgeModel
import ServiceLifecycle

/// Tells on `purge.tiers` how far each tier is that others fill from: when that changes, and once a second.
///
/// Where no agent fills from a tier it does nothing. While one message is on its way the next changes come together.
struct TierTeller: Service {
    /// What was told of one tier last.
    private struct Told {
        /// Nil when it could not be written.
        var word: TierWord?
        let at: ContinuousClock.Instant
    }

    /// After so long a word is told again though nothing has changed; it is looked at a few times a second, so this
    /// makes one a second.
    private static let repetition: Duration = .milliseconds(900)
    /// An outage gives many errors; this often one of them is logged.
    private static let warningInterval: Duration = .seconds(10)

    private let ledger: PurgeLedger
    private let logger: Logger
    private let send: @Sendable (TierWord) async throws(PurgeProducerError) -> Void

    /// Prepares to tell; nothing is told before ``run()``.
    /// - Parameter send: writes one word.
    init(
        ledger: PurgeLedger, logger: Logger,
        send: @escaping @Sendable (TierWord) async throws(PurgeProducerError) -> Void
    ) {
        self.ledger = ledger
        self.logger = logger
        self.send = send
    }

    func run() async {
        var told: [String: Told] = [:]
        var nextWarning = ContinuousClock.now
        for await _ in ledger.tierNews.cancelOnGracefulShutdown() {
            let words = ledger.update { state, now in state.tierWords(at: now) }
            let due = words.filter { Self.isDue($0, after: told[$0.tier]) }
            guard !due.isEmpty else { continue }
            let outcomes = await withTaskGroup(of: (TierWord, PurgeProducerError?).self) { group in
                for word in due { group.addTask { (word, await failure(sending: word)) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            // A tier that nobody fills from any more is forgotten.
            let tiers = Set(words.map(\.tier))
            told = told.filter { tiers.contains($0.key) }
            for (word, trouble) in outcomes { told[word.tier] = Told(word: trouble == nil ? word : nil, at: .now) }
            let trouble = outcomes.compactMap(\.1).first.map {
                "how far tiers are cannot be told, and agents wait for the tier above: \($0.message)"
            }
            ledger.update { state, _ in state.toldTiers(trouble: trouble) }
            if let trouble, nextWarning <= .now {
                nextWarning = .now + Self.warningInterval
                logger.warning("\(trouble)")
            }
        }
    }

    private func failure(sending word: TierWord) async -> PurgeProducerError? {
        do throws(PurgeProducerError) {
            try await send(word)
            return nil
        } catch {
            return error
        }
    }

    private static func isDue(_ word: TierWord, after told: Told?) -> Bool {
        guard let told else { return true }
        if told.at.duration(to: .now) >= repetition { return true }
        guard var last = told.word else { return false }
        last.sentAt = word.sentAt
        return last != word
    }
}
