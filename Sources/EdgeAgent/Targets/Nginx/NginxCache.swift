import Glibc
import LinuxFiles
import PurgeModel
import Synchronization

/// The files under one `proxy_cache_path`: reads what they are, marks them deleted or stale.
///
/// Only files whose name, place and header are nginx's own are ever written to.
final class NginxCache: CacheFileFormat {
    /// The number of this cache path in the index.
    let number: UInt8
    /// The directory given to `proxy_cache_path`.
    let path: String
    let identity: TreeIdentity
    let directory: Directory
    private let templates: [CacheKeyTemplate]
    /// Whether keys that fit no template are learnt from the access log.
    let learns: Bool
    private let heads: HeadReader
    private let normalization: URLNormalization

    /// The levels under which files were seen, a bit for each.
    let seenLevels = Atomic<UInt64>(0)

    private let reversedHosts = Mutex<[[UInt8]: [UInt8]?]>([:])
    private static let hostsMax = 256

    /// Read at first from each file; enough for nearly every key and response head.
    static let firstReadBytes = 4096

    /// How a cache is opened.
    ///
    /// - Throws: `CacheKeyTemplateError` for a cache key that cannot be taken apart.
    static func source(
        number: UInt8, configuration: CacheConfiguration, tagHeaders: CacheTagHeaders, normalization: URLNormalization
    ) throws(CacheKeyTemplateError) -> CacheSource {
        let templates = try configuration.templates()
        let path = configuration.path
        let learns = configuration.learnsNames
        let forms = templates.flatMap(\.forms) + (learns ? [learntForm] : [])
        return CacheSource(number: number, path: path, filter: isDirectory, forms: forms, learns: learns) {
            try NginxCache(
                number: number, path: path, templates: templates, learns: learns, tagHeaders: tagHeaders,
                normalization: normalization)
        }
    }

    /// Opens the directory of a cache.
    ///
    /// - Throws: `FileError` for a directory that is not there.
    init(
        number: UInt8, path: String, templates: [CacheKeyTemplate], learns: Bool = false, tagHeaders: CacheTagHeaders,
        normalization: URLNormalization
    ) throws(FileError) {
        self.number = number
        self.path = path
        self.templates = templates
        self.learns = learns
        directory = try Directory(path: path)
        identity = try TreeIdentity(of: directory, Self.isDirectory)
        heads = HeadReader(tagHeaders)
        self.normalization = normalization
    }

    // MARK: The directory

    /// Whether nginx would make such a directory: what else is in a cache, `lost+found` say, it never looks into.
    private static let isDirectory: DirectoryFilter = { DirectoryLevels(directory: $0) != nil }

    /// nginx removes files that it does not know from its cache; an extended attribute of the directory it leaves
    /// alone.
    private static let stampName = "user.edge_purge"

    func stamp() throws -> DirectoryStamp? {
        try directory.attribute(Self.stampName).flatMap { DirectoryStamp(text: $0) }
    }

    func keep(_ stamp: DirectoryStamp) throws { try directory.setAttribute(Self.stampName, to: stamp.text) }

    // MARK: Places

    func key(of change: FileChange) -> ObjectKey? {
        guard let name = CacheFileName(change.name), let levels = DirectoryLevels(directory: change.directory),
            name.belongs(in: change.directory, levels: levels)
        else { return nil }
        saw(levels)
        return FileLocation(cache: number, name: name, levels: levels).key
    }

    func path(of key: ObjectKey) -> String { "\(path)/\(FileLocation(key).path)" }

    func directory(of key: ObjectKey) -> String {
        let file = FileLocation(key)
        return file.name.directory(levels: file.levels)
    }

    func isPlace(of key: ObjectKey, in directory: String) -> Bool {
        let file = FileLocation(key)
        return file.name.belongs(in: directory, levels: file.levels)
    }

    func keys(below directory: String) -> KeyRange { CacheFileName.keys(of: number, below: directory) }

    /// The cache files and the level directories in a directory.
    ///
    /// nginx never removes its directories, but an operator may: then there is nothing in it. A symbolic link in place
    /// of a level directory is an error: nginx follows it, and the agent must not, for it would change files outside
    /// the cache.
    func list(_ directory: String) throws -> DirectoryListing? {
        guard let levels = DirectoryLevels(directory: directory) else { return nil }
        var listing = DirectoryListing()
        var odd: [String] = []
        do throws(FileError) {
            try self.directory.forEachEntry(in: directory) { name, isDirectory in
                if DirectoryLevels.isLevelName(name) {
                    let path = directory.isEmpty ? name : "\(directory)/\(name)"
                    if isDirectory { listing.below.append(path) } else { odd.append(path) }
                } else if !isDirectory, let name = CacheFileName(name), name.belongs(in: directory, levels: levels) {
                    listing.keys.append(FileLocation(cache: number, name: name, levels: levels).key)
                }
            }
        } catch {
            guard error.isAbsent, !directory.isEmpty else { throw error }
        }
        if !listing.keys.isEmpty { saw(levels) }
        // In the order of the index, so that a first scan finds its files sorted.
        listing.keys.sort()
        // While a directory changes, the kernel may name a file twice (readdir(3)).
        listing.keys = listing.keys.enumerated()
            .filter { $0.offset == 0 || listing.keys[$0.offset - 1] != $0.element }.map(\.element)
        listing.below.sort { $0.utf8.reversed().lexicographicallyPrecedes($1.utf8.reversed()) }
        for odd in odd where try isLink(odd) {
            throw FileError(
                code: ELOOP, operation: "look into", path: "\(path)/\(odd)",
                advice: Self.linkAdvice
                    + ": mount the directory there instead, or give it a proxy_cache_path of its own")
        }
        return listing
    }

    private static let linkAdvice = "It is a symbolic link, and links inside a cache are not followed"

    /// nginx follows a link in the place of a file or of a directory above it, and serves what it leads to: so that is
    /// no file to be passed over, but one that cannot be purged.
    private static func telling(_ error: FileError) -> FileError {
        guard error.code == ELOOP else { return error }
        return FileError(
            code: error.code, operation: error.operation, path: error.path,
            advice: linkAdvice + ": nginx serves what it leads to, and no purge would change that. Remove it")
    }

    /// nginx serves what is mounted on a cache file, and what lies below comes back when it is unmounted: whatever is
    /// done to the one misses the other.
    private func checkIsNoMountPoint(_ file: borrowing OpenFile, _ operation: String) throws(FileError) {
        guard file.isMountPoint else { return }
        throw FileError(
            code: EBUSY, operation: operation, path: file.path,
            advice: "Something is mounted on this file: no purge would change what lies below. Unmount it")
    }

    /// Whether a name stands for a symbolic link, or something else that is neither file nor directory.
    private func isLink(_ relativePath: String) throws(FileError) -> Bool {
        guard let status = try directory.status(of: relativePath) else { return false }
        return !status.isRegularFile && !status.isDirectory
    }

    // MARK: Objects

    func generation(_ key: ObjectKey) throws -> UInt64? {
        try directory.status(of: FileLocation(key).path)?.identity.generation
    }

    /// Reads one file.
    ///
    /// What nginx cannot have put there is skipped. A file that may not be read is an error, and so is a link, and
    /// something that is mounted there: nginx may serve it, and no purge would find it.
    func inspect(_ key: ObjectKey, buffer: inout [UInt8]) throws -> Inspection {
        try inspectAndFacts(key, buffer: &buffer).0
    }

    func look(_ key: ObjectKey, buffer: inout [UInt8]) throws -> Look {
        switch try inspectAndFacts(key, buffer: &buffer) {
        case (.object(let object), let facts?): .object(object, facts)
        case (.skipped(.otherVersion), _), (.object, nil): .unknown
        case (.deleted(let generation, _, _), _): .deleted(generation: generation)
        // nginx answers with none of these.
        case (.nothing, _), (.skipped, _): .nothing
        }
    }

    private func inspectAndFacts(_ key: ObjectKey, buffer: inout [UInt8]) throws -> (Inspection, FillFacts?) {
        do throws(FileError) {
            return try read(key, buffer: &buffer)
        } catch {
            guard error.isNoPlainFile else { throw Self.telling(error) }
            return (.skipped(.notACacheFile), nil)
        }
    }

    private func read(_ key: ObjectKey, buffer: inout [UInt8]) throws(FileError) -> (Inspection, FillFacts?) {
        var opened: FileStatus?
        guard let file = try directory.openFile(FileLocation(key).path, status: &opened), let status = opened else {
            return (.nothing, nil)
        }
        try checkIsNoMountPoint(file, "look into")
        if buffer.count != Self.firstReadBytes { buffer = [UInt8](repeating: 0, count: Self.firstReadBytes) }
        let count = try file.read(into: &buffer, at: 0)
        let header: CacheFileHeader
        switch CacheFileHeader.read(buffer[..<count]) {
        case .header(let found): header = found
        case .tombstone(let headStart):
            // One whose bytes were given back is another file than any that a 304 may be about.
            let isEmptied = status.size <= headStart
            return (
                .deleted(
                    generation: status.identity.generation & StoredObject.generationMask,
                    changed: isEmptied ? 0 : status.changedNanoseconds / 1_000_000,
                    spareBytes: isEmptied ? 0 : Self.spareBytes(status, keeping: headStart)), nil
            )
        case .unknown(let reason): return (.skipped(reason), nil)
        }
        if count >= header.bodyStart { return object(header, buffer[..<header.bodyStart], status, key) }
        guard count == buffer.count else { return (.skipped(.truncated), nil) }
        // A long head. Its buffer is not kept, or every later file would be read as far.
        var whole = [UInt8](repeating: 0, count: header.bodyStart)
        guard try file.read(into: &whole, at: 0) == whole.count else { return (.skipped(.truncated), nil) }
        return object(header, whole[...], status, key)
    }

    private func object(
        _ header: CacheFileHeader, _ bytes: ArraySlice<UInt8>, _ status: FileStatus, _ place: ObjectKey
    ) -> (Inspection, FillFacts?) {
        let key = bytes[CacheFileHeader.keyOffset..<header.headStart - 1]
        let names = names(key)
        let head = heads.tags(in: bytes.span.extracting(header.headStart..<header.bodyStart))
        let object = StoredObject(
            key: place,
            generation: status.identity.generation,
            date: UInt32(clamping: header.date),
            sizeKiB: UInt32(clamping: (status.size + 1023) / 1024),
            reversedHosts: names.hosts,
            targets: names.hosts.isEmpty ? [Array(key)] : names.targets,
            tags: head.tags.map(\.bytes),
            hasSiblings: header.hasVary || names.isSlice,
            tagLoss: head.loss
        )
        return (.object(object), FillFacts(header, key: key, status))
    }

    func object(of cacheKey: [UInt8], at place: ObjectKey) -> StoredObject {
        let names = names(cacheKey[...])
        return StoredObject(
            key: place, generation: 0, date: 0, sizeKiB: 0, reversedHosts: names.hosts,
            targets: names.hosts.isEmpty ? [cacheKey] : names.targets, tags: [], hasSiblings: names.isSlice)
    }

    /// What a key says by all templates that it fits; the hosts as the index keeps them.
    private func names(_ key: ArraySlice<UInt8>) -> CacheKeyTemplate.Key {
        var names = CacheKeyTemplate.Key()
        for template in templates {
            guard let more = template.parse(key, normalization) else { continue }
            for host in more.hosts.compactMap(reversed) where !names.hosts.contains(host) { names.hosts.append(host) }
            for target in more.targets where !names.targets.contains(target) { names.targets.append(target) }
            names.isSlice = names.isSlice || more.isSlice
        }
        return names
    }

    /// A host as the index keeps it; nil if it is none.
    ///
    /// Most files are of few hosts, so the last answers are kept.
    private func reversed(_ host: [UInt8]) -> [UInt8]? {
        if let known = reversedHosts.withLock({ $0[host] }) { return known }
        let reversed = StoredHost.reversed(host)
        reversedHosts.withLock { hosts in
            if hosts.count >= Self.hostsMax { hosts = [:] }
            hosts[host] = .some(reversed)
        }
        return reversed
    }

    // MARK: Purging

    /// Marks an object deleted or stale.
    ///
    /// Delete overwrites the header's version with 0: nginx answers MISS at once, even with `open_file_cache`,
    /// responses being sent are unharmed, and its accounting stays exact. Invalidate sets the end of freshness into the
    /// past.
    func mark(
        _ key: ObjectKey, date: UInt32, mode: PurgeMode, now: Int64, buffer: inout [UInt8],
        expected: () throws -> UInt64?
    ) throws -> MarkOutcome {
        let opened: OpenFile?
        do throws(FileError) {
            opened = try directory.openFile(FileLocation(key).path, for: .updating)
        } catch {
            // Somebody put a directory there.
            guard error.isNoPlainFile else { throw Self.telling(error) }
            return .replaced
        }
        guard let file = opened else { return .absent }
        try checkIsNoMountPoint(file, "change")
        if buffer.count != CacheFileHeader.keyOffset {
            buffer = [UInt8](repeating: 0, count: CacheFileHeader.keyOffset)
        }
        let count = try file.read(into: &buffer, at: 0)
        let header: CacheFileHeader
        switch CacheFileHeader.read(buffer[..<count]) {
        case .header(let found): header = found
        // The index had it as live: a crash came between this mark and the index. It is this purge's work all the same.
        case .tombstone: return mode == .delete ? .purged : .absent
        case .unknown: return .replaced
        }
        if UInt32(clamping: header.date) != date || header.date > now - Self.young {
            // Renewed in place by a 304, or another file. Of the same second, as long as the one may have landed after
            // the other.
            let generation = try file.status().identity.generation & StoredObject.generationMask
            guard try expected() == generation else { return .replaced }
        }
        switch mode {
        case .delete:
            try file.write(Self.tombstone, at: 0)
        case .invalidate:
            // An object that is stale already keeps its time: an invalidation never lengthens stale-while-revalidate.
            guard header.validUntil >= now else { return .alreadyStale }
            try file.write(Self.littleEndian(now - 1), at: 8)
        }
        return .purged
    }

    /// Two files at one place whose heads came in the same second mostly land within so many.
    private static let young: Int64 = 10
    private static let tombstone = [UInt8](repeating: 0, count: 8)

    private static func littleEndian(_ value: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * Int64($0))) }
    }
}

extension FileError {
    /// Whether there is something of that name which is no file, and which nginx does not serve either: a directory
    /// (EISDIR), a FIFO or socket (ENXIO, EOPNOTSUPP).
    var isNoPlainFile: Bool {
        [EISDIR, ENXIO, EOPNOTSUPP].contains(code)
    }
}
