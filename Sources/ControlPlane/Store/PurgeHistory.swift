import Logging
import PurgeModel
import RocksDB
import ServiceLifecycle
import Synchronization

/// Keeps what the ledger learns, a moment later and on another thread, and answers about purges that are not in memory
/// any more.
final class PurgeHistory: Service {
    /// The ledger is written this often while it changes.
    private static let writingPause: Duration = .milliseconds(100)
    /// What is looked at for one page of a list: with large events it is shorter than asked for.
    private static let page = HistoryLook(purges: 5000, bytes: 32 << 20)
    /// What is looked at before it is the next one's turn.
    private static let piece = HistoryLook(purges: 200, bytes: 1 << 20)
    /// An outage of the disk gives many errors; this often one of them is logged.
    private static let warningInterval: Duration = .seconds(10)

    private let tables: HistoryTables
    private let ledger: PurgeLedger
    private let logger: Logger
    private let nextWarning = Mutex(ContinuousClock.now)

    /// Opens the history of a store, and tells the ledger what is in it.
    ///
    /// Blocks. Throws what RocksDB throws, `.corruption` where the history is damaged.
    init(store: ControlStore, ledger: PurgeLedger, limits: HistoryLimits, logger: Logger) throws {
        tables = try HistoryTables(store, limits: limits)
        self.ledger = ledger
        self.logger = logger
        let settings = ledger.read { state, _ in state.settings }
        let restored = try tables.restore(
            purgesMax: settings.purgesMax, bytesMax: settings.bytesMax, resultsMax: settings.detailsMax)
        ledger.update { state, now in state.restore(restored, now: now) }
    }

    /// Opens the state directory, and a ledger that begins with the history in it.
    ///
    /// Blocks. Throws ``ControlStoreError`` when the directory cannot be used.
    /// - Parameters:
    ///   - directory: the state directory.
    ///   - limits: what bounds the history on disk.
    ///   - settings: what bounds the ledger.
    ///   - wallClock: the time of day.
    ///   - logger: for what an operator should know.
    static func open(
        directory: String, limits: HistoryLimits, settings: CollectorSettings,
        wallClock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws -> (ControlStore, PurgeLedger, PurgeHistory) {
        var loaded: (PurgeLedger, PurgeHistory)?
        let store = try ControlStore.open(directory: directory, logger: logger) { store in
            let ledger = PurgeLedger(settings: settings, wallClock: wallClock)
            loaded = (ledger, try PurgeHistory(store: store, ledger: ledger, limits: limits, logger: logger))
        }
        guard let (ledger, history) = loaded else { preconditionFailure("an open store was loaded") }
        return (store, ledger, history)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.writingPause)) != nil { await self.write() }
        }
        await write()
    }

    /// Writes what has changed.
    ///
    /// What cannot be written is tried again the next time.
    func write() async {
        do {
            try await tables.store.run { [tables, ledger] _ in try Self.write(tables, ledger) }
        } catch {
            let isLogged = nextWarning.withLock { next in
                guard next <= .now else { return false }
                next = .now + Self.warningInterval
                return true
            }
            guard isLogged else { return }
            logger.error(
                "the history cannot be written; it is kept in memory and tried again",
                metadata: ["path": "\(tables.store.database.path)", "error": "\(error)"])
        }
    }

    /// On the store's thread, so that what is taken first is written first.
    private static func write(_ tables: HistoryTables, _ ledger: PurgeLedger) throws(RocksDBError) {
        let (changes, now) = ledger.update { state, now in (state.takeChanges(), now) }
        do {
            try tables.write(changes)
        } catch {
            ledger.update { state, _ in state.keep(unsaved: changes) }
            throw error
        }
        try tables.removeOldest(now: now.wall)
    }

    /// One purge and how far it has got; nil when it is not known.
    ///
    /// - Parameters:
    ///   - tenant: who asks.
    ///   - byAgent: whether to say what each agent told: long, with thousands of agents.
    func status(of id: PurgeID, for tenant: Tenant, byAgent: Bool = true) async throws -> PurgeStatus? {
        let (status, isWhole) = ledger.read { state, now in
            (
                state.status(of: id, now: now, byAgent: byAgent),
                !byAgent || state.record(of: id)?.hasDroppedResults == false
            )
        }
        if isWhole, let status { return status }
        let tables = tables
        guard let stored = try await tables.store.read(for: tenant, { _ in try tables.purge(id) }) else {
            return status
        }
        return ledger.read { state, now in
            let stored = state.record(of: stored, now: now)
            let record = state.record(of: id)?.with(resultsOf: stored) ?? stored
            return state.status(of: record, now: now, byAgent: byAgent)
        }
    }

    /// A page of a list, the newest first, without what single agents told.
    ///
    /// It can hold fewer purges than asked for though there are more: the work for one page is bounded.
    /// - Parameters:
    ///   - place: the last purge of the page before; nil to begin.
    ///   - count: purges at most.
    ///   - tenant: who asks.
    /// - Returns: the purges, and where the next page begins; nil when there is none.
    func page(
        _ filter: PurgeFilter, after place: HistoryPlace?, count: Int, for tenant: Tenant
    ) async throws -> (purges: [PurgeStatus], next: HistoryPlace?) {
        if filter.state == .pending { return pending(filter, after: place, count: count) }
        // What is in memory only is written first: the order of the list is that of the database.
        await write()
        let open = filter.state == nil ? [] : ledger.read { state, _ in Set(state.openRecords.map(\.event.id)) }
        let (found, next) = try await stored(after: place, count: count, for: tenant) { place, value in
            guard !open.contains(place.id), let parts = try? HistoryValues.parts(ofEvent: value),
                filter.matches(zone: parts.zone), filter.mayMatch(json: parts.json)
            else { return false }
            return (try? HistoryValues.event(value)).map(filter.matches) ?? false
        }
        // One at a time: each is a turn at the ledger's lock, and with many agents not a short one.
        let purges = found.map { stored in
            ledger.read { state, now in
                let record = state.record(of: stored.event.id) ?? state.record(of: stored, now: now)
                return state.status(of: record, now: now, byAgent: false)
            }
        }
        return (purges, next)
    }

    /// A page of what is in the database, read in pieces: others have their turns between them, and nothing is read on
    /// for somebody who has gone.
    private func stored(
        after place: HistoryPlace?, count: Int, for tenant: Tenant,
        matches: @escaping @Sendable (HistoryPlace, [UInt8]) -> Bool
    ) async throws -> (purges: [HistoryPurge], next: HistoryPlace?) {
        let tables = tables
        var found: [HistoryPurge] = []
        var next = place
        var left = Self.page
        repeat {
            let (start, wanted, look) = (next, count - found.count, left.bounded(by: Self.piece))
            let piece = try await tables.store.read(for: tenant) { _ in
                try tables.page(after: start, count: wanted, look: look, matches: matches)
            }
            found += piece.purges
            next = piece.next
            left.spend(piece.left.spent(since: look))
        } while next != nil && found.count < count && !left.isSpent
        return (found, next)
    }

    /// Open purges are all in memory.
    private func pending(
        _ filter: PurgeFilter, after place: HistoryPlace?, count: Int
    ) -> (purges: [PurgeStatus], next: HistoryPlace?) {
        let from = place?.bytes ?? []
        let open = ledger.read { state, _ in state.openRecords.map(\.event) }
            .map { event in (key: HistoryPlace(acceptedAt: event.acceptedAt, id: event.id).bytes, event: event) }
            .filter { from.lexicographicallyPrecedes($0.key) && filter.matches($0.event) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let page = open.prefix(count)
        let purges = page.compactMap { item in
            ledger.read { state, now in state.status(of: item.event.id, now: now, byAgent: false) }
        }
        let next = open.count > page.count ? page.last.flatMap { HistoryPlace(bytes: $0.key) } : nil
        return (purges, next)
    }
}
