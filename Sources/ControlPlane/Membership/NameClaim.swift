import PurgeModel

/// Whose a name is, as it outlives the process.
///
/// The topic of acknowledgements keeps one message of each name, so another machine's word takes the place of that of
/// the machine that the name belongs to. This says that there was one, and how far it had got.
struct NameClaim: Sendable, Hashable {
    /// The machine that has the name.
    let machine: String
    /// The last word of each machine that uses the name; empty while there is only one.
    let words: [Acknowledgement]

    init(machine: String, words: [Acknowledgement] = []) {
        self.machine = machine
        self.words = words
    }

    /// The last word of a machine of the name, as far as it may be relied on after a restart.
    ///
    /// What it had applied stays applied. Whether its fence is set may have changed since; so it is not taken to be
    /// safe or drained.
    func word(of machine: String, name: String) -> Acknowledgement {
        guard var word = words.first(where: { $0.machine == machine }) else {
            return Acknowledgement(
                agent: name, instance: "", machine: machine, sentAt: Timestamp(milliseconds: 0), software: "",
                cache: "", status: .starting, fence: .off, fenceAfter: .zero)
        }
        (word.drained, word.fence) = (false, .off)
        return word
    }
}
