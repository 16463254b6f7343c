import PurgeModel

/// Whose a name is, and what it has said last, as it outlives the process and the topic
/// (docs/decisions/0032-machines-have-an-identity.md).
///
/// The topic of acknowledgements keeps one message of each name, so another machine's word takes the place of that of
/// the machine that the name belongs to; and a topic that is made anew keeps none. This says that there was one.
struct NameClaim: Sendable, Hashable {
    /// The machine that has the name; nil while none has said who it is, as with agents of version 0.1.0.
    let machine: String?
    /// Words of the machines that use the name: the last of each where there are several; that with which its process
    /// began where there is one.
    ///
    /// Empty in what an earlier version stored of a name that one machine uses.
    let words: [Acknowledgement]

    init(machine: String?, words: [Acknowledgement] = []) {
        self.machine = machine
        self.words = words
    }

    /// The word of a machine of the name, as far as it may be relied on after a restart.
    ///
    /// What it had applied stays applied. What else it said may have changed since, in a word that nobody here has
    /// read: see ``PurgeModel/Acknowledgement/reliable``.
    func word(of machine: String?, name: String) -> Acknowledgement {
        let word = words.first { $0.machine == machine }
        return word?.reliable
            ?? Acknowledgement(
                agent: name, instance: "", machine: machine, sentAt: Timestamp(milliseconds: 0), software: "",
                cache: "", status: .starting, fence: .off, fenceAfter: .zero)
    }
}

extension Acknowledgement {
    /// The same without what may have changed since nobody heard of it: whether its fence is set, and whether it is
    /// asked.
    ///
    /// So it is taken to be neither safe nor drained.
    var reliable: Acknowledgement {
        var word = self
        (word.drained, word.fence) = (false, .off)
        for index in word.partitions.indices { word.partitions[index].effective = nil }
        return word
    }
}
