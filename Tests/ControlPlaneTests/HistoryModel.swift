import PurgeModel

@testable import ControlPlane

/// A history as simple as can be: what a collector has handed over, in memory.
struct HistoryModel {
    private var purges: [PurgeID: HistoryPurge] = [:]
    private(set) var readTo: [Int32: Int64] = [:]
    private var marks: [Int32: [MessageMark]] = [:]
    private var topics: [Int32: Int64] = [:]
    private var claims: [String: NameClaim] = [:]

    mutating func take(_ changes: HistoryChanges) {
        readTo = changes.readTo
        marks = changes.marks
        topics = changes.topics
        for (name, claim) in changes.claims { claims[name] = claim }
        for change in changes.purges {
            let results = change.isNew ? [] : purges[change.event.id]?.results ?? []
            purges[change.event.id] = HistoryPurge(
                event: change.event, position: change.position, bytes: change.bytes, reached: change.reached,
                removedObjects: change.removedObjects, removedBytes: change.removedBytes,
                pieces: change.piece + (change.results.isEmpty ? 0 : 1), topic: change.topic,
                results: results + change.results)
        }
    }

    var restored: RestoredHistory {
        RestoredHistory(
            purges: Array(purges.values), readTo: readTo, start: marks.compactMapValues { $0.first?.offset },
            marks: marks, topics: topics, claims: claims)
    }
}
