import DequeModule

/// What waits for several owners: each one's in its order, and the owners in turns, so that one with much keeps none
/// with little waiting.
///
/// An owner that had nothing goes before those that have had a turn, once: then it waits for all of them (as in
/// FQ-CoDel, RFC 8290 section 4.2). So one that has a little now and then does not wait for a turn of one with much,
/// and one that always has a little does not take all turns. Nor do many of them together: after so many it is the turn
/// of one of the others.
struct FairLanes<Owner: Hashable & Sendable, Element: Sendable>: Sendable {
    /// Of the owners that are in `turns` or `fresh`; one that went before others may have nothing left.
    private var lanes: [Owner: Deque<Element>] = [:]
    /// The owners that have had a turn, each once; whose turn is next comes first.
    private var turns: Deque<Owner> = []
    /// The owners that go before them, each once.
    private var fresh: Deque<Owner> = []
    /// How many went before the others since one of these had a turn.
    private var freshInRow = 0
    private(set) var count = 0

    /// So many go before the others at most.
    static var freshInRowMax: Int { 64 }

    var isEmpty: Bool { count == 0 }

    /// Adds something behind all that its owner has.
    mutating func append(_ element: Element, for owner: Owner) {
        if lanes[owner] == nil { fresh.append(owner) }
        lanes[owner, default: []].append(element)
        count += 1
    }

    /// Puts something that was taken back before all that its owner has; it is that one's turn.
    mutating func prepend(_ element: Element, for owner: Owner) {
        switch lanes[owner]?.isEmpty {
        case nil: turns.prepend(owner)
        case true?:
            // It went before others with this, in vain.
            turns.removeAll { $0 == owner }
            fresh.prepend(owner)
        case false?: break
        }
        lanes[owner, default: []].prepend(element)
        count += 1
    }

    /// Takes the oldest of the next owner.
    ///
    /// - Parameter mayGo: whether it may be an owner's turn; what the others have stays.
    mutating func next(where mayGo: (Owner) -> Bool = { _ in true }) -> Element? {
        if freshInRow < Self.freshInRowMax, let element = nextFresh(mayGo) { return element }
        freshInRow = 0
        return nextInTurn(mayGo) ?? nextFresh(mayGo)
    }

    private mutating func nextFresh(_ mayGo: (Owner) -> Bool) -> Element? {
        for _ in 0..<fresh.count {
            guard let owner = fresh.popFirst() else { break }
            guard mayGo(owner), let element = lanes[owner]?.popFirst() else {
                fresh.append(owner)
                continue
            }
            turns.append(owner)
            freshInRow += 1
            count -= 1
            return element
        }
        return nil
    }

    private mutating func nextInTurn(_ mayGo: (Owner) -> Bool) -> Element? {
        for _ in 0..<turns.count {
            guard let owner = turns.popFirst() else { return nil }
            guard lanes[owner]?.isEmpty == false else {
                lanes[owner] = nil
                continue
            }
            guard mayGo(owner), let element = lanes[owner]?.popFirst() else {
                turns.append(owner)
                continue
            }
            count -= 1
            if lanes[owner]?.isEmpty == true { lanes[owner] = nil } else { turns.append(owner) }
            return element
        }
        return nil
    }

    /// Drops what it is to be.
    mutating func removeAll(where isDropped: (Element) -> Bool) {
        for owner in lanes.keys {
            let before = lanes[owner]?.count ?? 0
            lanes[owner]?.removeAll(where: isDropped)
            count -= before - (lanes[owner]?.count ?? 0)
            if lanes[owner]?.isEmpty == true { lanes[owner] = nil }
        }
        turns.removeAll { lanes[$0] == nil }
        fresh.removeAll { lanes[$0] == nil }
    }
}
