/// A `proxy_cache_key` that stored keys cannot be taken apart by; the message says what to change.
package struct CacheKeyTemplateError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = "cache_key: " + description }
}
