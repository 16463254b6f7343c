import TestSupport

/// What most suites begin with: a state directory and a cache directory, which are gone with the suite.
struct CacheBench {
    let state: TemporaryDirectory
    let files: TemporaryDirectory

    init() throws {
        state = try TemporaryDirectory()
        files = try TemporaryDirectory()
    }
}

/// A suite that works on one ``CacheBench``.
protocol OverCacheBench {
    var bench: CacheBench { get }
}

extension OverCacheBench {
    /// For an agent's state.
    var state: TemporaryDirectory { bench.state }
    /// The cache directory.
    var files: TemporaryDirectory { bench.files }
    /// Puts files into the cache directory.
    var fixture: CacheFixture { CacheFixture(path: bench.files.path) }

    /// Whether there is a cache file that is not marked deleted.
    func isLive(_ file: String) -> Bool { CacheFixture.version(file) == 5 }
}
