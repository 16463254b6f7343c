import ArgumentParser
import FoundationEssentials
import Kafka
import PurgeModel

/// `edge-purge dead-letters replay`: produces messages again that were no purges then.
struct DeadLettersReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Produce dead letters again, as they were or corrected.",
        discussion: """
              edge-purge dead-letters replay --all --dry-run --config agent.yaml
              edge-purge dead-letters replay --at 7:1042 --bootstrap kafka1:9092
              edge-purge dead-letters replay --at 7:1042 --value corrected.json …

            Key and headers are those of the original. What this version of the
            program would refuse again is left alone, unless --force is given: newer
            agents may understand it. Exit code 0: all that was asked for was
            produced (or would be, with --dry-run); 1: something was not.
            """
    )

    @OptionGroup var options: SettingOptions

    @Option(
        name: .customLong("at"),
        help: ArgumentHelp(
            "The message that stood there in the topic of purges. Repeatable.",
            valueName: "partition:offset")
    )
    var positions: [String] = []

    @Flag(name: .customLong("all"), help: "Every dead letter there is.")
    var isAll = false

    @Option(
        name: .customLong("value"),
        help: ArgumentHelp("Produce the content of this file in place of the original value.", valueName: "file")
    )
    var valueFile: String?

    @Flag(name: .customLong("force"), help: "Produce also what would be refused again.")
    var isForced = false

    @Flag(name: .customLong("dry-run"), help: "Only say what would be done.")
    var isDryRun = false

    func validate() throws {
        if isAll == !positions.isEmpty {
            throw ValidationError("Say which ones: --at partition:offset (repeatable), or --all.")
        }
        for position in positions where StoredDeadLetter.Position(position) == nil {
            throw ValidationError("--at \(position): write it as partition:offset, such as --at 7:1042.")
        }
        if valueFile != nil && positions.count != 1 {
            throw ValidationError("--value corrects one message: give one --at with it.")
        }
    }

    func run() async throws {
        let correction = try valueFile.map(Self.content)
        let (kafka, topics) = try options.cluster()
        let shelf = try await DeadLetterReader(kafka: kafka, topic: topics.deadLetters).read()
        let wanted = Set(positions.compactMap { StoredDeadLetter.Position($0) })
        let letters = shelf.sorted.filter { isAll || wanted.contains($0.position) }
        let missing = wanted.subtracting(letters.map(\.position)).sorted()
        for position in missing { Terminal.complain("there is no dead letter at \(position)") }
        let producer = isDryRun ? nil : try Producer(kafka)
        var failed = missing.count
        for letter in letters {
            let isDone = await replay(
                letter, value: correction ?? letter.identity.value, producer: producer, topic: topics.events)
            if !isDone { failed += 1 }
        }
        await producer?.closeGracefully(flushing: .seconds(10))
        let verb = isDryRun ? "would be produced again" : "produced again"
        Terminal.write("\(letters.count + missing.count - failed) \(verb), \(failed) not")
        if failed > 0 { throw CommandFailure("") }
    }

    /// Produces one again, and says what became of it.
    private func replay(
        _ letter: StoredDeadLetter, value: [UInt8]?, producer: Producer?, topic: String
    ) async -> Bool {
        if let loss = letter.loss, letter.lost.messages != nil || valueFile == nil {
            Terminal.complain("\(letter.position): \(loss); give it with --value, or send the purge again")
            return false
        }
        let refusal = letter.refusal(value: value)
        if let refusal, !isForced {
            Terminal.complain("\(letter.position): would be refused again: \(TextTable.printable("\(refusal)"))")
            return false
        }
        let note = refusal.map { " (would be refused again: \($0.code.rawValue))" } ?? ""
        guard let producer else {
            Terminal.write("\(letter.position): would be produced again\(note)")
            return true
        }
        do throws(KafkaError) {
            let place = try await producer.send(
                topic: topic, key: letter.identity.key, value: value, headers: letter.headers)
            Terminal.write("\(letter.position): produced again, now at \(place.partition):\(place.offset)\(note)")
            return true
        } catch {
            Terminal.complain("\(letter.position): could not be produced: \(error)")
            return false
        }
    }

    private static func content(of file: String) throws(CommandFailure) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(filePath: file)))
        } catch {
            throw CommandFailure("--value \(file) cannot be read: \(FileProblem.reason(error))")
        }
    }
}
