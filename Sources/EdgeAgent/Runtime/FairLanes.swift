import DequeModule

/// What waits for several owners: each one's in its order, and the owners in turns, so that one with much keeps none
/// with little waiting.
struct FairLanes<Owner: Hashable & Sendable, Element: Sendable>: Sendable {
    private var lanes: [Owner: Deque<Element>] = [:]
    /// The owners of lanes that are not empty, each once; whose turn is next comes first.
    private var turns: Deque<Owner> = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Adds something behind all that its owner has.
    mutating func append(_ element: Element, for owner: Owner) {
        if lanes[owner] == nil { turns.append(owner) }
        lanes[owner, default: []].append(element)
        count += 1
    }

    /// Puts something that was taken back before all that its owner has; it is that one's turn.
    mutating func prepend(_ element: Element, for owner: Owner) {
        if lanes[owner] == nil { turns.prepend(owner) }
        lanes[owner, default: []].prepend(element)
        count += 1
    }

    /// Takes the oldest of the next owner.
    ///
    /// - Parameter mayGo: whether it may be an owner's turn; what the others have stays.
    mutating func next(where mayGo: (Owner) -> Bool = { _ in true }) -> Element? {
        for _ in 0..<turns.count {
            guard let owner = turns.popFirst() else { return nil }
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
        for owner in turns {
            let before = lanes[owner]?.count ?? 0
            lanes[owner]?.removeAll(where: isDropped)
            count -= before - (lanes[owner]?.count ?? 0)
            if lanes[owner]?.isEmpty == true { lanes[owner] = nil }
        }
        turns.removeAll { lanes[$0] == nil }
    }
}
