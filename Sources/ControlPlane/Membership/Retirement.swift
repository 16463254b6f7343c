import PurgeModel

/// What is written to `purge.acks` so that every collector forgets a machine.
struct Retirement: Sendable, Hashable {
    /// The key: the name of the agent.
    let agent: String
    /// The partition in which the words of that name are; nil where none are: then its key says which.
    let acksPartition: Int32?
    /// The last word of the machine that has the name from now on, alone; nil: the name is forgotten.
    let holder: Acknowledgement?
    /// The word after which the agent has been silent for too long: if it has said more, it stays; nil: it leaves
    /// whatever it has said.
    let expired: LastWord?

    init(agent: String, acksPartition: Int32?, holder: Acknowledgement? = nil, expired: LastWord? = nil) {
        self.agent = agent
        self.acksPartition = acksPartition
        self.holder = holder
        self.expired = expired
    }
}
