import PurgeModel

/// Which machine each agent's name belongs to, and which other machines use it
/// (docs/decisions/0032-machines-have-an-identity.md).
///
/// A name belongs to the machine that spoke first under it, until an operator says otherwise. Another machine is a
/// member of its own, under the name with its identity added: `edge-1@1f2e3d4c5b6a7988`. No agent can be called so.
struct NameHolders: Sendable {
    private struct Holder {
        var machine: String
        /// Other machines that use the name, in the order in which they were first heard.
        var others: [String] = []
    }

    /// Other machines of one name that are told apart; one more is not listened to.
    ///
    /// One that begins anew with an empty state directory all the time must not grow this, and by then nothing is
    /// confirmed any more.
    static let othersMax = 16

    private var holders: [String: Holder] = [:]
    /// Names of which something has changed since the last ``takeChanged()``.
    private var changed: Set<String> = []

    /// The machine that has a name; nil where none has said who it is.
    func machine(of name: String) -> String? { holders[name]?.machine }

    /// Other machines that use a name.
    func others(of name: String) -> [String] { holders[name]?.others ?? [] }

    /// What the member is called that a machine is.
    static func member(_ name: String, _ machine: String) -> String { "\(name)@\(machine)" }

    /// The name and the machine in what ``member(_:_:)`` made; nil for any other text.
    static func parts(of member: String) -> (name: String, machine: String)? {
        let parts = member.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, HexText.isLowercase(parts[1], digits: Acknowledgement.machineDigits) else { return nil }
        return (parts[0], parts[1])
    }

    /// What the member is called that has spoken; nil for one machine too many.
    ///
    /// The first machine that says who it is has the name. Whoever does not say it, an agent of version 0.1.0, is taken
    /// for the one that has the name.
    mutating func member(of word: Acknowledgement) -> String? {
        guard let machine = word.machine else { return word.agent }
        guard let holder = holders[word.agent] else {
            holders[word.agent] = Holder(machine: machine)
            changed.insert(word.agent)
            return word.agent
        }
        if !holder.others.isEmpty { changed.insert(word.agent) }
        if holder.machine == machine { return word.agent }
        if !holder.others.contains(machine) {
            guard holder.others.count < Self.othersMax else { return nil }
            holders[word.agent]?.others.append(machine)
            changed.insert(word.agent)
        }
        return Self.member(word.agent, machine)
    }

    /// A name belongs to a machine; the one that had it uses it still.
    mutating func give(_ name: String, to machine: String) {
        changed.insert(name)
        guard var holder = holders[name] else {
            holders[name] = Holder(machine: machine)
            return
        }
        guard holder.machine != machine else { return }
        holder.others.removeAll { $0 == machine }
        holder.others.append(holder.machine)
        holder.machine = machine
        holders[name] = holder
    }

    /// Nobody else uses a name any more.
    mutating func dropOthers(of name: String) {
        changed.insert(name)
        holders[name]?.others = []
    }

    /// Nobody has a name any more.
    mutating func drop(_ name: String) {
        if holders.removeValue(forKey: name) != nil { changed.insert(name) }
    }

    /// Names of which something has changed since the last call.
    mutating func takeChanged() -> Set<String> {
        defer { changed = [] }
        return changed
    }

    /// Says that changes could not be stored.
    mutating func keep(changed names: some Sequence<String>) { changed.formUnion(names) }
}
