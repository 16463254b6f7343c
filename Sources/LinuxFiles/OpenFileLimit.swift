import Glibc

/// How many files this process may have open at once (getrlimit(2), RLIMIT_NOFILE).
package enum OpenFileLimit {
    /// Raises the soft limit to the hard one, and returns it: programs that use `select` need the low one that systems
    /// begin with, and this is none.
    package static func raised() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        var wanted = limit
        wanted.rlim_cur = limit.rlim_max
        if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) == 0 { limit = wanted }
        return Int(clamping: limit.rlim_cur)
    }
}
