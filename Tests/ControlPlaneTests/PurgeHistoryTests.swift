import Foundation
import Logging
import PurgeModel
import RocksDB
import TestSupport
import Testing

@testable import ControlPlane

/// The history with a real database.
@Suite(.timeLimit(.minutes(2))) struct PurgeHistoryTests {
    private let directory: TemporaryDirectory
    private let configuration: ControlConfiguration

    init() throws {
        directory = try TemporaryDirectory()
        var configuration = try Samples.configuration()
        configuration.stateDirectory = directory.path
        self.configuration = configuration
    }

    /// One process with its ledger.
    private struct Process {
        let store: ControlStore
        let ledger: PurgeLedger
        let history: PurgeHistory

        init(_ configuration: ControlConfiguration, clock: Int64 = 1_700_000_000_000) throws {
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            (store, ledger, history) = try PurgeHistory.open(
                configuration, wallClock: { Timestamp(milliseconds: clock) }, logger: logger)
        }

        /// Tells it that both topics were read.
        func becomeReady(agents: [String] = ["a", "b"], applied: Int64 = 0, _ words: [Acknowledgement] = []) {
            ledger.update { state, now in
                state.purgesCaughtUp()
                for agent in agents {
                    state.receive(Samples.acknowledgement(agent, applied: [0: applied]), now: now)
                }
                for word in words { state.receive(word, now: now) }
                state.acknowledgementsCaughtUp(at: now)
            }
        }

        /// A purge read from partition 0.
        func receive(_ number: Int, at offset: Int64, acceptedAt: Int64 = 1_700_000_000_000) throws {
            let event = try Samples.event(number, acceptedAt: acceptedAt)
            ledger.update { state, now in
                state.receive(event, bytes: 100, at: PurgePosition(partition: 0, offset: offset), now: now)
            }
        }

        func apply(_ offset: Int64, by agent: String, removed: Int = 1) {
            ledger.update { state, now in
                state.receive(
                    Samples.acknowledgement(
                        agent, applied: [0: offset + 1], recent: [Samples.result(0, offset, removed: removed)]),
                    now: now)
            }
        }

        func page(
            _ filter: PurgeFilter = PurgeFilter(), after place: HistoryPlace? = nil, count: Int = 50
        ) async throws -> (ids: [String], next: HistoryPlace?) {
            let page = try await history.page(filter, after: place, count: count, for: .token("a"))
            return (page.purges.map(\.id), page.next)
        }
    }

    @Test func `after a restart every answer is the same`() async throws {
        let before = try Process(configuration)
        before.becomeReady()
        for number in 0..<20 {
            try before.receive(number, at: Int64(number))
            before.apply(Int64(number), by: "a", removed: number)
            if number < 10 { before.apply(Int64(number), by: "b") }
        }
        var answers: [PurgeStatus] = []
        for number in 0..<20 {
            answers.append(try #require(try await before.history.status(of: Samples.id(number), for: .token("a"))))
        }
        let times = before.ledger.read { state, _ in state.times.minutes }
        await before.history.write()
        try await before.store.close()

        let after = try Process(configuration)
        // Agents tell only the last purge, as after compaction.
        after.becomeReady(
            agents: [],
            [
                Samples.acknowledgement("a", applied: [0: 20], recent: [Samples.result(0, 19, removed: 19)]),
                Samples.acknowledgement("b", applied: [0: 10], recent: [Samples.result(0, 9, removed: 1)]),
            ])
        for number in 0..<20 {
            let status = try await after.history.status(of: Samples.id(number), for: .token("a"))
            #expect(status == answers[number])
        }
        #expect(after.ledger.read { state, _ in state.times.minutes } == times)
        #expect(after.ledger.read { state, _ in state.readTo[0] } == 20)
        // What was open then is confirmed now.
        after.apply(19, by: "b")
        #expect(try await after.history.status(of: Samples.id(15), for: .token("a"))?.state == .confirmed)
        try await after.store.close()
    }

    @Test func `what does not fit into memory is read from disk, with what every agent did`() async throws {
        var configuration = configuration
        configuration.memoryPurgesMax = 10
        configuration.memoryDetailsMax = 6
        let process = try Process(configuration)
        process.becomeReady()
        for number in 0..<50 {
            try process.receive(number, at: Int64(number))
            for agent in ["a", "b"] { process.apply(Int64(number), by: agent, removed: number) }
            await process.history.write()
        }
        #expect(process.ledger.read { state, _ in state.memory.purges } <= 10)
        for number in 0..<50 {
            let status = try #require(try await process.history.status(of: Samples.id(number), for: .token("a")))
            #expect(status.state == .confirmed && status.removed == 2 * number && status.confirmedAt != nil)
            #expect(status.byAgent?.map(\.removed) == [number, number])
        }
        #expect(try await process.page(count: 100).ids.count == 50)
        try await process.store.close()
    }

    @Test func `an id that is used again stands for the newer purge, also on disk`() async throws {
        let process = try Process(configuration)
        process.becomeReady(agents: ["a"])
        try process.receive(1, at: 0, acceptedAt: 1_699_999_990_000)
        process.apply(0, by: "a", removed: 5)
        await process.history.write()
        try process.receive(1, at: 9, acceptedAt: 1_699_999_995_000)
        await process.history.write()
        #expect(try await process.page().ids.count == 1)
        try await process.store.close()
        let again = try Process(configuration)
        let status = try #require(try await again.history.status(of: Samples.id(1), for: .token("a")))
        #expect(status.offset == 9 && status.removed == 0 && status.state == .pending)
        try await again.store.close()
    }

    @Test(arguments: ["purges", "bytes", "window"])
    func `beyond a limit the oldest are forgotten`(limit: String) async throws {
        var configuration = configuration
        switch limit {
        case "purges": configuration.historyPurgesMax = 30
        case "bytes": configuration.historyBytesMax = 30 * 320
        default: configuration.historyWindow = .milliseconds(29_500)
        }
        let process = try Process(configuration, clock: 1_000_100_000)
        process.becomeReady(agents: ["a"])
        for number in 0..<100 {
            // A second apart, not in order within tens.
            let acceptedAt = 1_000_000_000 + Int64(number ^ 3) * 1000 + 1000
            try process.receive(number, at: Int64(number), acceptedAt: acceptedAt)
            process.apply(Int64(number), by: "a")
            if number % 7 == 0 { await process.history.write() }
        }
        await process.history.write()
        await process.history.write()
        let ids = try await process.page(count: 200).ids
        #expect((20...40).contains(ids.count), "\(limit): \(ids.count)")
        let newest = try (0..<ids.count).map { try Samples.id((99 - $0) ^ 3).description }
        #expect(ids == newest)
        try await process.store.close()
        // The numbers are right after a restart as well.
        let again = try Process(configuration, clock: 1_000_100_000)
        #expect(try await again.page(count: 200).ids == ids)
        let first = try await again.history.status(of: Samples.id(0), for: .token("a"))
        #expect(first == nil)
        try await again.store.close()
    }

    @Test func `pages hold every purge once, the newest first, whatever the filter`() async throws {
        let seed: UInt64 = 81
        var generator = SeededGenerator(seed: seed)
        let process = try Process(configuration)
        process.becomeReady(agents: ["a"])
        var all: [(place: HistoryPlace, number: Int)] = []
        for number in 0..<300 {
            let acceptedAt = 1_700_000_000_000 - Int64.random(in: 0...50, using: &generator)
            try process.receive(number, at: Int64(number), acceptedAt: acceptedAt)
            let place = HistoryPlace(acceptedAt: Timestamp(milliseconds: acceptedAt), id: try Samples.id(number))
            all.append((place, number))
        }
        process.apply(199, by: "a")
        all.sort { $0.place.bytes.lexicographicallyPrecedes($1.place.bytes) }
        for (filter, belongs): (PurgeFilter, (Int) -> Bool) in [
            (PurgeFilter(), { _ in true }),
            (PurgeFilter(state: .pending), { $0 >= 200 }),
            (PurgeFilter(state: .confirmed), { $0 < 200 }),
            (PurgeFilter(text: "T7"), { "t\($0)".contains("t7") }),
            (PurgeFilter(state: .pending, text: "t29"), { "t\($0)".contains("t29") && $0 >= 200 }),
            (PurgeFilter(zone: "nowhere"), { _ in false }),
            (PurgeFilter(text: "selectors"), { _ in false }),
        ] {
            var found: [String] = []
            var place: HistoryPlace?
            repeat {
                let page = try await process.page(filter, after: place, count: 7)
                #expect(page.ids.count <= 7)
                found += page.ids
                place = page.next.flatMap { HistoryPlace(cursor: $0.cursor) }
            } while place != nil && found.count <= all.count
            #expect(found == all.filter { belongs($0.number) }.map(\.place.id.description), "seed \(seed)")
        }
        try await process.store.close()
    }

    @Test func `nothing is read for somebody who has gone`() async throws {
        let process = try Process(configuration)
        process.becomeReady(agents: ["a"])
        try process.receive(1, at: 0)
        let reading = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await process.page(PurgeFilter(text: "t"))
        }
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        #expect(try await process.page().ids.count == 1)
        try await process.store.close()
    }

    @Test func `what could not be written is written the next time`() async throws {
        let process = try Process(configuration)
        process.becomeReady(agents: ["a"])
        try process.receive(1, at: 0)
        process.apply(0, by: "a", removed: 3)
        let changes = process.ledger.update { state, _ in state.takeChanges() }
        #expect(changes.purges.count == 1)
        process.ledger.update { state, _ in state.keep(unsaved: changes) }
        try process.receive(2, at: 1)
        await process.history.write()
        #expect(process.ledger.update { state, _ in state.takeChanges().purges.isEmpty })
        try await process.store.close()
        let again = try Process(configuration)
        again.becomeReady(agents: ["a"], applied: 1)
        let status = try #require(try await again.history.status(of: Samples.id(1), for: .token("a")))
        #expect(status.removed == 3 && status.byAgent?.first?.removed == 3 && status.confirmedAt != nil)
        #expect(try await again.history.status(of: Samples.id(2), for: .token("a"))?.state == .pending)
        try await again.store.close()
    }

    @Test func `a value that nobody wrote is damage, and the history begins anew`() async throws {
        let process = try Process(configuration)
        process.becomeReady()
        try process.receive(1, at: 0)
        await process.history.write()
        try await process.store.run { store in
            var batch = WriteBatch()
            batch.put(HistoryKeys.status(try Samples.id(1)), [1, 2, 3], in: store.history)
            try store.database.write(batch, sync: false)
        }
        try await process.store.close()
        let again = try Process(configuration)
        #expect(try await again.page().ids.isEmpty)
        #expect(FileManager.default.fileExists(atPath: directory.path + "/db.damaged"))
        try await again.store.close()
    }

    @Test func `a text with characters that JSON escapes is found`() throws {
        var event = try Samples.event(1)
        event.reason = #"the "big" one\two"#
        let json = PurgeEventCodec.encode(event)[...]
        for (text, isFound) in [(#""BIG""#, true), (#"e\t"#, true), ("nothing", false), ("", true), ("T1", true)] {
            let filter = PurgeFilter(text: text)
            #expect((filter.mayMatch(json: json) && filter.matches(event)) == isFound, "\(text)")
        }
    }
}
