import Crypto
import PurgeModel

extension NginxCache {
    /// Learnt objects are known by their paths alone: which arguments count in such a key, nobody knows.
    static let learntForm = TargetForm(path: .decoded, query: .none)

    /// What a line of the access log says of an object in this cache.
    ///
    /// Nil unless keys are learnt here. One that fits a template is learnt too: it may fit by chance. The name of a
    /// file is the MD5 of its key (`ngx_http_file_cache_create_key`).
    func name(of fetch: FetchNames) -> LearntName? {
        guard learns, !fetch.requestURI.isEmpty, let host = StoredHost.reversed(fetch.host) else { return nil }
        let digits = Insecure.MD5.hash(data: fetch.key).flatMap { byte in
            [HexDigit.lowercase(byte >> 4), HexDigit.lowercase(byte & 15)]
        }
        guard let file = CacheFileName(String(decoding: digits, as: UTF8.self)) else { return nil }
        return LearntName(
            places: file.places(in: number), reversedHost: host,
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
