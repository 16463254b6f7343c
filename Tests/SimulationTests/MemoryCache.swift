import LinuxFiles
import PurgeModel

@testable import EdgeAgent

/// A cache whose files are in memory: what `NginxCache` does with headers, done with fields.
final class MemoryCache: CacheFileFormat {
    let number: UInt8
    let identity = TreeIdentity(root: FileIdentity(inode: 1, birthNanoseconds: 0))
    private let directory: MemoryDirectory

    var path: String { directory.path }

    private init(_ number: UInt8, _ directory: MemoryDirectory) throws {
        try directory.open()
        self.number = number
        self.directory = directory
    }

    static func source(_ number: UInt8, _ directory: MemoryDirectory) -> CacheSource {
        CacheSource(number: number, path: directory.path, filter: { _ in true }) { try MemoryCache(number, directory) }
    }

    func stamp() -> DirectoryStamp? { directory.stamp }
    func keep(_ stamp: DirectoryStamp) { directory.stamp = stamp }

    // MARK: Places

    private func key(_ page: Int) -> ObjectKey { ObjectKey(cache: number, high: UInt64(page), low: 0, rest: 0) }
    private func page(_ key: ObjectKey) -> Int { Int(key.high) }

    func key(of change: FileChange) -> ObjectKey? { Int(change.name).map(key) }
    func path(of key: ObjectKey) -> String { "\(path)/\(page(key))" }
    func directory(of key: ObjectKey) -> String { "" }
    func isPlace(of key: ObjectKey, in directory: String) -> Bool { directory.isEmpty }
    func keys(below directory: String) -> KeyRange { KeyRange(lower: [number], upper: [number + 1]) }
    func list(_ directory: String) -> DirectoryListing? {
        DirectoryListing(keys: self.directory.files.keys.map(key).sorted())
    }

    /// A page's number is its cache key.
    func places(of cacheKey: [UInt8], isKnown: Bool) -> [ObjectKey] {
        Int(String(decoding: cacheKey, as: UTF8.self)).map { [key($0)] } ?? []
    }

    // MARK: Objects

    func generation(_ key: ObjectKey) -> UInt64? { directory.files[page(key)]?.generation }

    func inspect(_ key: ObjectKey, buffer: inout [UInt8]) throws -> Inspection {
        let page = page(key)
        guard let file = directory.files[page] else { return .nothing }
        if file.isEmptied { return .deleted(generation: file.generation, changed: 0, spareBytes: 0) }
        if file.isDeleted { return .deleted(generation: file.generation, changed: file.changed, spareBytes: 4096) }
        var object = object(page)
        (object.generation, object.date) = (file.generation, UInt32(clamping: file.date))
        return .object(object)
    }

    func look(_ key: ObjectKey, buffer: inout [UInt8]) throws -> Look {
        switch try inspect(key, buffer: &buffer) {
        case .object(let object): try fillFacts(key, buffer: &buffer).map { .object(object, $0) } ?? .nothing
        case .deleted(let generation, _, _): .deleted(generation: generation)
        case .nothing, .skipped: .nothing
        }
    }

    func object(of cacheKey: [UInt8], at place: ObjectKey) -> StoredObject {
        var object = object(page(place))
        object.tags = []
        return object
    }

    private func object(_ page: Int) -> StoredObject {
        let names = Page(number: page)
        return StoredObject(
            key: key(page), generation: 0, date: 0, sizeKiB: 8, reversedHosts: [names.reversedHost],
            targets: [names.target], tags: [names.tag], hasSiblings: false)
    }

    func name(of fetch: FetchNames) -> LearntName? { nil }

    func fillFacts(_ key: ObjectKey, buffer: inout [UInt8]) throws -> FillFacts? {
        guard let file = directory.files[page(key)], !file.isDeleted else { return nil }
        return FillFacts(
            key: page(key), generation: file.generation, born: file.born, changed: file.changed, date: file.date,
            validUntil: file.validUntil)
    }

    func mark(
        _ key: ObjectKey, date: UInt32, mode: PurgeMode, now: Int64, buffer: inout [UInt8],
        expected: () throws -> UInt64?
    ) throws -> MarkOutcome {
        let page = page(key)
        guard let file = directory.files[page] else { return .absent }
        if file.isDeleted { return mode == .delete ? .purged : .absent }
        if UInt32(clamping: file.date) != date, try expected() != file.generation { return .replaced }
        switch mode {
        case .delete: try directory.mark(page) { $0.isDeleted = true }
        case .invalidate:
            guard file.validUntil >= now else { return .alreadyStale }
            try directory.mark(page) { file in
                file.validUntil = now - 1
                file.isInvalidated = true
            }
        }
        return .purged
    }

    func giveBack(_ key: ObjectKey, buffer: inout [UInt8]) throws -> Int64 { directory.empty(page(key)) ? 4096 : 0 }
}
