import Testing

/// The folders of a module, and which of them may use which: the arrows of `docs/architecture.md`.
struct Rooms: Sendable, CustomTestStringConvertible {
    /// Its name in `Sources`.
    let module: String
    /// From each folder to those whose types it may name; the files beside the folders are ".".
    let allowed: [String: Set<String>]

    /// The modules whose arrows are held.
    static let all: [Rooms] = []

    var testDescription: String { module }

    /// What is wrong with the table by itself: a folder that it does not list, or folders that use each other in a ring.
    var problems: [String] {
        let unlisted = allowed.values.reduce(into: Set<String>()) { $0.formUnion($1) }.subtracting(allowed.keys)
        var problems = unlisted.sorted().map { "\(module): \($0) is used and not listed" }
        // What uses nothing that is left, or is used by nothing that is left, can be taken away; rings stay.
        var left = allowed
        while let free = left.first(where: { folder, targets in
            targets.allSatisfy { left[$0] == nil } || !left.values.contains { $0.contains(folder) }
        }) {
            left[free.key] = nil
        }
        let ring = left.keys.sorted().joined(separator: ", ")
        if !ring.isEmpty { problems.append("\(module): these use each other: \(ring)") }
        return problems
    }

    /// What the sources do and the table does not say, and the other way round; one sentence each.
    func differences(from found: FolderArrows) -> [String] {
        var differences = found.folders.subtracting(allowed.keys).sorted().map { "\(module)/\($0) is not in the table" }
        differences += Set(allowed.keys).subtracting(found.folders).sorted().map { "\(module)/\($0) is not there" }
        for (arrow, uses) in found.arrows.sorted(by: { $0.key < $1.key })
        where !(allowed[arrow.from]?.contains(arrow.to) ?? false) {
            let types = uses.types.sorted().joined(separator: ", ")
            let files = uses.files.sorted().joined(separator: ", ")
            differences.append("\(module): \(arrow.from) may not use \(arrow.to): \(types), in \(files)")
        }
        for (from, targets) in allowed.sorted(by: { $0.key < $1.key }) {
            for to in targets.sorted() where found.arrows[FolderArrows.Arrow(from: from, to: to)] == nil {
                differences.append("\(module): \(from) does not use \(to): take the arrow out of the table")
            }
        }
        return differences
    }
}
