import ArgumentParser
import PurgeModel

/// `edge-purge dead-letters list`: what could not be understood, and why.
struct DeadLettersListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Every message that was no purge, with the reason.",
        discussion: """
              edge-purge dead-letters list --bootstrap kafka1:9092
              edge-purge dead-letters list --config agent.yaml --json

            With --config, brokers, TLS and topic names are taken from there.
            AT is the partition and offset in the topic of purges. Where several
            agents put a message aside, their copies are shown as one.
            """
    )

    @OptionGroup var options: SettingOptions

    @Flag(name: .customLong("json"), help: "Print one JSON object, with keys, values and headers.")
    var wantsJSON = false

    func run() async throws {
        let (kafka, topics) = try options.cluster()
        let shelf = try await DeadLetterReader(kafka: kafka, topic: topics.deadLetters).read()
        let list = DeadLetterList(shelf)
        if wantsJSON {
            Terminal.write(try list.json())
        } else if list.deadLetters.isEmpty {
            Terminal.write("There are no dead letters in \(topics.deadLetters).")
        } else {
            Terminal.write(list.table())
        }
        if list.leftOut > 0 && !wantsJSON {
            Terminal.writeError("\(list.leftOut) older ones are left out")
        }
    }
}
