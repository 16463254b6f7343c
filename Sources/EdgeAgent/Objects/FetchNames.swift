/// What a line of the access log names, as the visitor's request had it; for whoever learns from the log what a key
/// stands for.
package struct FetchNames: Hashable, Sendable {
    /// `$host`: in small letters and without a port; empty where a request of HTTP/1.0 named none and the server has no
    /// name.
    package var host: [UInt8]
    /// `$request_uri`: the target as the visitor sent it, with its query; empty where there was no request to read.
    package var requestURI: [UInt8]
    /// The cache key, byte for byte as in the cache file.
    package var key: [UInt8]
}
