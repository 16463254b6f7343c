import Kafka

/// The dead letters that were read, one for each message however many agents put it aside, the newest of them.
struct DeadLetterShelf: Sendable {
    /// How many are kept, and bytes of their keys, values and headers: what fits into memory and onto a screen.
    private static let lettersMax = 10_000
    private static let bytesMax = 256 << 20

    private var letters: [StoredDeadLetter.Identity: StoredDeadLetter] = [:]
    private var order: [StoredDeadLetter.Identity] = []
    private var first = 0
    private var bytes = 0
    /// Older ones that there was no room for.
    private(set) var leftOut = 0

    /// Takes in a message of the topic; one that is no dead letter is passed over.
    mutating func add(_ message: Message) {
        guard let letter = StoredDeadLetter(message) else { return }
        if let agent = letter.agents.first, letters[letter.identity] != nil {
            if letters[letter.identity]?.agents.contains(agent) == false {
                letters[letter.identity]?.agents.append(agent)
            }
            return
        }
        letters[letter.identity] = letter
        order.append(letter.identity)
        bytes += Self.size(letter)
        while letters.count > Self.lettersMax || bytes > Self.bytesMax, letters.count > 1 {
            if let oldest = letters.removeValue(forKey: order[first]) { bytes -= Self.size(oldest) }
            first += 1
            leftOut += 1
        }
    }

    /// All, by where they stood.
    var sorted: [StoredDeadLetter] {
        letters.values.sorted { left, right in
            (left.position, left.timestamp ?? 0) < (right.position, right.timestamp ?? 0)
        }
    }

    private static func size(_ letter: StoredDeadLetter) -> Int {
        let headers = letter.headers.reduce(0) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) }
        return (letter.identity.key?.count ?? 0) + (letter.identity.value?.count ?? 0) + headers + 500
    }
}
