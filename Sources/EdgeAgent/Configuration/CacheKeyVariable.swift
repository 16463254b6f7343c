/// What an operator says of a variable in a cache key (`caches[].values`).
package enum CacheKeyVariable: Hashable, Sendable {
    /// It holds one of these texts; the empty one counts only if it is among them.
    case oneOf([String])
    /// It holds what another variable holds, by its name without `$` (`host`).
    case same(String)
}
