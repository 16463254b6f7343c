import PurgeModel

extension NginxCache {
    /// Learnt objects are known by their paths alone: which arguments count in such a key, nobody knows.
    static let learntForm = TargetForm(path: .decoded, query: .none)

    /// What a line of the access log says of an object in this cache.
    ///
    /// Nil unless keys are learnt here. One that fits a template is learnt too: it may fit by chance.
    func name(of fetch: FetchNames) -> LearntName? {
        guard learns, !fetch.requestURI.isEmpty, let host = StoredHost.reversed(fetch.host) else { return nil }
        return LearntName(
            places: CacheFileName(ofCacheKey: fetch.key).places(in: number), reversedHost: host,
            target: Self.learntForm.target(ofVisitors: fetch.requestURI, .none))
    }
}

extension CacheFileName {
    /// The keys of all files of this name, whatever the directories above them.
    fileprivate func places(in cache: UInt8) -> KeyRange {
        let lower = FileLocation(cache: cache, name: self, levels: DirectoryLevels(rawValue: 0)).key.encoded()
            .dropLast()
        return KeyRange(lower: Array(lower), upper: Array(lower).prefixEnd)
    }
}
