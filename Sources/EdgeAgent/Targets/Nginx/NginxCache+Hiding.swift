import LinuxFiles

/// Deleted files out of nginx's sight.
///
/// nginx holds visitors back (`proxy_cache_lock`) only where its open(2) finds no file; where it finds a file with
/// another version, each of them goes to the origin (`ngx_http_file_cache_open`, `ngx_http_file_cache_read`). It keeps
/// its entry, and so its count of space is right again as soon as it stores the page, or the file is back.
extension NginxCache {
    /// nginx's temporary names have ten digits of 32 bits, so this one is never its own, and its loader leaves a file
    /// of such a name alone.
    private static let hiddenSuffix = ".9999999998"

    func hide(_ key: ObjectKey) throws -> Bool {
        // A page that nginx stores between the two is fetched once more.
        let place = FileLocation(key)
        guard try isMarked(place.path) else { return false }
        return try directory.rename(place.path, to: place.name.text + Self.hiddenSuffix, replaces: true)
    }

    func show(_ key: ObjectKey, onlyIfReplaced: Bool) throws -> Bool {
        let place = FileLocation(key)
        let hidden = place.path + Self.hiddenSuffix
        if onlyIfReplaced, try directory.status(of: place.path) == nil { return true }
        guard let file = try directory.openFile(hidden, for: .updating) else { return false }
        // A 304 that was under way when the file was marked may have written its header back.
        try file.write(Self.tombstone, at: 0)
        if try !directory.rename(hidden, to: place.name.text, replaces: false) { _ = try directory.remove(hidden) }
        return false
    }

    /// The object that a hidden file in a directory is; nil where its name is another kind.
    func hiddenKey(_ name: String, in directory: String, _ levels: DirectoryLevels) -> ObjectKey? {
        guard name.hasSuffix(Self.hiddenSuffix),
            let name = CacheFileName(String(name.dropLast(Self.hiddenSuffix.count))),
            name.belongs(in: directory, levels: levels)
        else { return nil }
        return FileLocation(cache: number, name: name, levels: levels).key
    }

    private func isMarked(_ path: String) throws -> Bool {
        guard let file = try directory.openFile(path, for: .reading) else { return false }
        var version = [UInt8](repeating: 1, count: Self.tombstone.count)
        return try file.read(into: &version, at: 0) == version.count && version == Self.tombstone
    }
}
