import Kafka
import Logging
import PrometheusText
import PurgeModel

/// Puts messages that are no purges into the dead-letter topic, with the reason: many at a time, and those only that no
/// other agent has put there (docs/decisions/0035-letters-in-bulk.md).
struct DeadLetterSender: Sendable {
    let topic: String
    let producer: Producer
    let refused: RefusedMessages
    let others: LetterReader
    let turns: LetterTurns
    let database: AgentDatabase
    let status: AgentStatusBoard
    let clock: any AgentClock
    let logger: Logger
    /// Yields when there may be refused messages.
    let arrivals: Signal

    /// On their way at once: enough to fill Kafka's batches, little enough to be held in memory.
    private static let batchMax = 500
    private static let batchBytesMax = 4 << 20
    /// So soon it notices that it is to end.
    private static let patienceMax = Duration.milliseconds(250)

    /// What became of a letter.
    private enum Outcome {
        case delivered
        case tooLarge
        case failed(KafkaError)
    }

    /// Sends until the task is cancelled.
    func run() async throws {
        while !Task.isCancelled {
            guard let patience = refused.patience(clock.instant, turn: turns.turn) else {
                status.set(letterProblem: nil)
                await others.rest()
                if refused.isEmpty { await arrivals.wait(atMost: nil) }
                continue
            }
            do {
                try await look(min(patience, Self.patienceMax))
                try await send()
            } catch {
                if let error = error as? KafkaError, error.isFatal { throw error }
                if let damage = StoreFailure(damage: error) { throw damage }
                failed(error)
            }
        }
        await others.rest()
    }

    /// Waits for letters of others, and takes out what they are about.
    private func look(_ patience: Duration) async throws {
        guard let letters = await others.letters(atMost: patience) else {
            await arrivals.wait(atMost: patience)
            return
        }
        // Two others may have put the same message there.
        let keys = Set(letters.compactMap(refused.key))
        guard !keys.isEmpty else { return }
        try refused.settle(Array(keys))
        status.deadLettered(keys.count)
        logger.notice(
            "messages are no purges; another agent put them into the dead-letter topic",
            metadata: ["count": "\(keys.count)"])
    }

    /// Sends what is due, and takes out what has arrived.
    private func send() async throws {
        let now = clock.instant
        let due = try refused.due(now, turn: turns.turn, count: Self.batchMax, bytes: Self.batchBytesMax)
        guard !due.isEmpty, !Task.isCancelled else { return }
        // Else they would be sent with every try.
        try database.checkSpace()
        let outcomes = await outcomes(of: due.map(\.letter))
        var settled: [QueueKey] = []
        var failure: KafkaError?
        for ((key, letter), outcome) in zip(due, outcomes) {
            var outcome = outcome
            // The topic may take less than a batch of ours, and each letter by itself.
            if case .tooLarge = outcome, failure == nil { outcome = await sendAlone(letter, key) }
            switch outcome {
            case .delivered: settled.append(key)
            case .tooLarge: break
            case .failed(let error): failure = error
            }
        }
        try refused.settle(settled)
        status.deadLettered(settled.count)
        if let place = settled.first, let about = due.first(where: { $0.key == place })?.letter.about {
            logger.warning(
                "messages are no purges; they are in the dead-letter topic",
                metadata: [
                    "count": "\(settled.count)", "first.partition": "\(place.partition)",
                    "first.offset": "\(place.offset)", "first.reason": "\(about.reason): \(about.message)",
                ])
        }
        if let failure { throw failure }
        status.set(letterProblem: nil)
    }

    private func outcomes(of letters: [Letter]) async -> [Outcome] {
        await withTaskGroup(of: (Int, Outcome).self) { group in
            for (number, letter) in letters.enumerated() {
                group.addTask { (number, await send(letter)) }
            }
            var outcomes = [Outcome](repeating: .tooLarge, count: letters.count)
            for await (number, outcome) in group { outcomes[number] = outcome }
            return outcomes
        }
    }

    private func send(_ letter: Letter) async -> Outcome {
        var letter = letter
        letter.about.agent = turns.agent
        do throws(KafkaError) {
            _ = try await producer.send(
                topic: topic, key: letter.message.key, value: letter.message.value, headers: letter.headers)
            return .delivered
        } catch {
            return error.code == .messageTooLarge ? .tooLarge : .failed(error)
        }
    }

    /// Sends a letter by itself, and cuts it down until the topic takes it.
    ///
    /// One that is too large even when nothing is left of its message is given up: tried for ever, it would help
    /// nobody.
    private func sendAlone(_ letter: Letter, _ key: QueueKey) async -> Outcome {
        var letter = letter
        var isCut = false
        repeat {
            let outcome = await send(letter)
            if case .tooLarge = outcome {
                isCut = true
                continue
            }
            if isCut, case .delivered = outcome { status.counters.lettersCut.increment() }
            return outcome
        } while letter.cut()
        status.counters.lettersCut.increment()
        logger.error(
            """
            a message is no purge, and the dead-letter topic does not even take its reason; set max.message.bytes of \
            the topic to 10000 or more
            """,
            metadata: [
                "purge.partition": "\(key.partition)", "purge.offset": "\(key.offset)",
                "reason": "\(letter.about.reason)",
            ])
        return .delivered
    }

    /// Shows what keeps letters from being sent; their turns begin anew.
    private func failed(_ error: any Error) {
        refused.postpone(clock.instant)
        let waiting = refused.summary
        let cut = waiting.cut > 0 ? "; of \(waiting.cut) of them there was room for the place and the reason only" : ""
        let problem =
            "\(waiting.count) messages that are no purges cannot be put into the topic '\(topic)': \(error)\(cut). "
            + "Purges go on. Make the topic, or let this agent write to it"
        if !status.hasLetterProblem { logger.warning("\(problem)") }
        status.set(letterProblem: problem)
    }
}
