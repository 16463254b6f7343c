/// Where the tokens come from: a file that may change while the control plane runs.
package struct TokenSource: Sendable {
    /// The file, for messages and to notice changes.
    package let path: String
    /// Reads it; nil when there is no such file.
    package let read: @Sendable () throws -> [AccessToken]?

    /// Creates a source.
    package init(path: String, read: @escaping @Sendable () throws -> [AccessToken]?) {
        self.path = path
        self.read = read
    }
}
