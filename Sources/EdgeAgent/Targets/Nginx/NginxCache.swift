import Glibc
import LinuxFiles
package import PurgeModel
import Synchronization

/// The files under one `proxy_cache_path`: reads what they are, marks them deleted or stale.
///
/// Only files whose name, place and header are nginx's own are ever written to.
package final class NginxCache: Sendable {
    /// The number of this cache path in the index.
    let number: UInt8
    /// The directory given to `proxy_cache_path`.
    package let path: String
    /// Which directory is open, told apart from others that had this path before or have it later.
    let identity: FileIdentity?
    let directory: Directory
    private let template: CacheKeyTemplate
    private let tagHeaders: CacheTagHeaders
    private let normalization: URLNormalization

    private let reversedHosts = Mutex<[[UInt8]: [UInt8]?]>([:])
    private static let hostsMax = 256

    /// Read at first from each file; enough for nearly every key and response head.
    static let firstReadBytes = 4096

    /// Opens the directory of a cache.
    ///
    /// - Throws: `CacheKeyTemplateError` for a cache key that can't be taken apart, `FileError` for a directory that is not there.
    package init(
        number: UInt8, configuration: NginxCacheConfiguration, tagHeaders: CacheTagHeaders,
        normalization: URLNormalization
    ) throws {
        self.number = number
        path = configuration.path
        template = try CacheKeyTemplate(configuration.cacheKey, host: configuration.host)
        directory = try Directory(path: configuration.path)
        identity = try directory.status(of: "")?.identity
        self.tagHeaders = tagHeaders
        self.normalization = normalization
    }

    /// The same cache path, opened anew: the directory of that name may be another one by now.
    func reopened() throws(FileError) -> NginxCache { try NginxCache(reopening: self) }

    private init(reopening other: NginxCache) throws(FileError) {
        number = other.number
        path = other.path
        template = other.template
        directory = try Directory(path: other.path)
        identity = try directory.status(of: "")?.identity
        tagHeaders = other.tagHeaders
        normalization = other.normalization
    }

    // MARK: Looking

    /// What a file name holds at this moment.
    enum Inspection {
        case object(StoredObject)
        /// No file, or one that is marked deleted.
        case nothing
        case skipped(SkippedFile)
    }

    /// Reads one file.
    ///
    /// `buffer` is scratch space that a caller keeps for the next call. What nginx can't have put there is skipped. A file that may not be
    /// read is an error: nginx may serve it, and no purge would find it.
    func inspect(
        _ name: CacheFileName, levels: DirectoryLevels, buffer: inout [UInt8]
    ) throws(FileError) -> Inspection {
        do throws(FileError) {
            return try read(name, levels: levels, buffer: &buffer)
        } catch {
            guard error.isNoPlainFile else { throw error }
            return .skipped(.notACacheFile)
        }
    }

    private func read(
        _ name: CacheFileName, levels: DirectoryLevels, buffer: inout [UInt8]
    ) throws(FileError) -> Inspection {
        var opened: FileStatus?
        guard let file = try directory.openFile(name.path(levels: levels), status: &opened), let status = opened else {
            return .nothing
        }
        if buffer.count != Self.firstReadBytes { buffer = [UInt8](repeating: 0, count: Self.firstReadBytes) }
        let count = try file.read(into: &buffer, at: 0)
        let header: CacheFileHeader
        switch CacheFileHeader.read(buffer[..<count]) {
        case .header(let found): header = found
        case .tombstone: return .nothing
        case .unknown(let reason): return .skipped(reason)
        }
        let location = FileLocation(cache: number, name: name, levels: levels)
        if count >= header.bodyStart { return .object(object(header, buffer[..<header.bodyStart], status, location)) }
        guard count == buffer.count else { return .skipped(.truncated) }
        // A long head. Its buffer is not kept, or every later file would be read as far.
        var whole = [UInt8](repeating: 0, count: header.bodyStart)
        guard try file.read(into: &whole, at: 0) == whole.count else { return .skipped(.truncated) }
        return .object(object(header, whole[...], status, location))
    }

    private func object(
        _ header: CacheFileHeader, _ bytes: ArraySlice<UInt8>, _ status: FileStatus, _ file: FileLocation
    ) -> StoredObject {
        let key = bytes[CacheFileHeader.keyOffset..<header.headStart - 1]
        let parsed = template.parse(key)
        let hosts = (parsed?.hosts ?? []).compactMap(reversed)
        let head = tagHeaders.tags(inResponseHead: bytes.span.extracting(header.headStart..<header.bodyStart))
        return StoredObject(
            file: file,
            generation: status.identity.generation,
            date: UInt32(clamping: header.date),
            sizeKiB: UInt32(clamping: (status.size + 1023) / 1024),
            reversedHosts: hosts,
            target: hosts.isEmpty ? Array(key) : normalization.normalize(parsed?.target ?? []),
            tags: head.tags.map(\.bytes),
            hasSiblings: header.hasVary || parsed?.isSlice == true
        )
    }

    /// A host as the index keeps it; nil if it is none.
    ///
    /// Most files are of few hosts, so the last answers are kept.
    private func reversed(_ host: [UInt8]) -> [UInt8]? {
        if let known = reversedHosts.withLock({ $0[host] }) { return known }
        let reversed = (try? HostName(validating: host.span)).map { Array($0.reversed.utf8) }
        reversedHosts.withLock { hosts in
            if hosts.count >= Self.hostsMax { hosts = [:] }
            hosts[host] = .some(reversed)
        }
        return reversed
    }

    /// The generation of the file that has this name now; nil when there is none.
    func generation(_ name: CacheFileName, levels: DirectoryLevels) throws(FileError) -> UInt64? {
        try directory.status(of: name.path(levels: levels))?.identity.generation
    }

    /// Whether a name stands for a symbolic link, or something else that is neither file nor directory.
    func isLink(_ relativePath: String) throws(FileError) -> Bool {
        guard let status = try directory.status(of: relativePath) else { return false }
        return !status.isRegularFile && !status.isDirectory
    }

    /// Everything in one directory below the cache path.
    func forEachEntry(
        in relativePath: String, _ body: (_ name: String, _ isDirectory: Bool) -> Void
    ) throws(FileError) {
        try directory.forEachEntry(in: relativePath, body)
    }

    // MARK: Purging

    /// What became of one object.
    enum Outcome {
        /// It is deleted or stale now.
        case purged
        /// There was nothing to do: it was stale already.
        case alreadyStale
        /// The file is gone.
        case absent
        /// Another file has its name now; that one is not the purge's to touch.
        case replaced
    }

    /// Marks an object deleted or stale.
    ///
    /// Delete overwrites the header's version with 0: nginx answers MISS at once, even with `open_file_cache`, responses being sent
    /// are unharmed, and its accounting stays exact. Invalidate sets the end of freshness into the past.
    ///
    /// - Parameter expected: the generation that the index knows of this file; asked for only when the header alone can't tell.
    func purge(
        _ record: ObjectRecord, mode: PurgeMode, now: Int64, buffer: inout [UInt8], expected: () throws -> UInt64?
    ) throws -> Outcome {
        let opened: OpenFile?
        do throws(FileError) {
            opened = try directory.openFile(record.file.name.path(levels: record.file.levels), for: .updating)
        } catch {
            // Somebody put a link or a directory there.
            guard error.isNoPlainFile else { throw error }
            return .replaced
        }
        guard let file = opened else { return .absent }
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
        if UInt32(clamping: header.date) != record.date {
            // Renewed in place by a 304, or another file.
            let generation = try file.status().identity.generation & FileEntry.generationMask
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

    private static let tombstone = [UInt8](repeating: 0, count: 8)

    private static func littleEndian(_ value: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * Int64($0))) }
    }
}

extension FileError {
    /// Whether there is something of that name which is not a plain file inside the cache: a link (ELOOP), a directory (EISDIR), a FIFO
    /// or socket (ENXIO, EOPNOTSUPP).
    var isNoPlainFile: Bool {
        [ELOOP, EISDIR, ENXIO, EOPNOTSUPP].contains(code)
    }
}
