/// What has a problem, within the part of the agent that purges.
enum ProblemSource: Hashable, Sendable {
    /// The agent's own database: nothing goes on.
    case database
    /// The watcher or a directory of the cache with this path: its purges wait.
    case cache(String)
    /// Files that could not be read: what they hold is not known.
    case unreadable(String)
    /// Files that could not be changed by a purge: that purge waits.
    case purges
    /// The same, of what is purged once more by the guards.
    case guards
    /// Files that were marked deleted and cannot be looked at again, or not be marked again.
    case marks
    /// Files that could not be changed though they were found late.
    case lateFinds
    /// The same, of a flush.
    case flushes
    /// Objects whose cache keys could not be taken apart: purges do not find them.
    case keys
    /// Hosts in the cache with this path that look wrong: purges do not find what is stored under them.
    case hosts(String)
    /// An access log in another format: purges cost more misses than they need to.
    case accessLog
    /// The socket that nginx asks on.
    case ask
    /// The file that makes nginx ask.
    case askMarker
}
