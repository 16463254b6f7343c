import PrometheusText
import PurgeModel
import Synchronization

/// What an agent counts for its metrics only; what acknowledgements tell too is on the ``AgentStatusBoard``.
final class AgentCounters: Sendable {
    /// Purges applied, by what they name and by mode.
    let purges = CounterFamily()
    /// From being queued to being applied.
    let applyDuration = Histogram()
    /// How long an object could be served that was fetched before a purge and landed after it, by what is known: `old`,
    /// or `unproven`.
    let lateFillVisible = HistogramFamily()
    /// Answers to nginx's questions, by what they were.
    let answers = CounterFamily()
    /// Questions that waited for what another visitor's request was fetching, by how that ended.
    let waits = CounterFamily()
    /// Deleted objects that a 304 had brought back, deleted again.
    let undoneMarks = Counter()
    /// Objects purged because they were found late.
    let foundLate = Counter()
    /// Times the watcher lost events.
    let watcherOverflows = Counter()
    /// Failures of Kafka that were tried again.
    let kafkaErrors = Counter()
    /// Dead letters that the topic was too small for as they were.
    let lettersCut = Counter()
    /// Acknowledgements that are in Kafka.
    let acknowledgements = Counter()
    /// Acknowledgements that Kafka did not take.
    let acknowledgementFailures = Counter()

    private let waitingCount = Atomic(0)
    private let lastAcknowledged = Mutex<Timestamp?>(nil)

    /// When Kafka last took an acknowledgement; nil before the first.
    var acknowledgedAt: Timestamp? { lastAcknowledged.withLock { $0 } }

    /// Counts a purge that was applied.
    func applied(_ kind: PurgeKind, took: Duration) {
        purges.increment([kind.selector, kind.mode])
        applyDuration.observe(took)
    }

    /// Counts an answer to a question of nginx's.
    func answered(_ answer: String) { answers.increment([answer]) }

    /// Questions that wait now.
    var waiting: Int { waitingCount.load(ordering: .relaxed) }

    /// So many questions wait from now on.
    func wait(_ count: Int) { waitingCount.store(count, ordering: .relaxed) }

    /// Counts a question that waited.
    func waited(_ end: String) { waits.increment([end]) }

    /// Counts an acknowledgement that is in Kafka.
    func acknowledged(at now: Timestamp) {
        acknowledgements.increment()
        lastAcknowledged.withLock { $0 = now }
    }
}
