import Synchronization

extension NginxCache {
    /// Which of the levels that nginx takes it is, its configuration says, and files stay where an earlier one had
    /// them: so there is a place under each of those under which a file was ever seen.
    func places(of cacheKey: [UInt8], isKnown: Bool) -> [ObjectKey] {
        let name = CacheFileName(ofCacheKey: cacheKey)
        let seen = isKnown ? seenLevels.load(ordering: .relaxed) : 0
        return DirectoryLevels.all.lazy.filter { seen == 0 || seen & $0.bit != 0 }
            .map { FileLocation(cache: self.number, name: name, levels: $0).key }
    }

    /// Takes note that there are, or were, files under these levels.
    func saw(_ levels: DirectoryLevels) {
        guard seenLevels.load(ordering: .relaxed) & levels.bit == 0 else { return }
        seenLevels.bitwiseOr(levels.bit, ordering: .relaxed)
    }
}

extension DirectoryLevels {
    /// One of 64.
    fileprivate var bit: UInt64 { 1 << UInt64(rawValue) }
}
