/// What a file is opened for.
package enum FileAccess: Sendable {
    /// Reading only.
    case reading
    /// Reading and overwriting in place; never creates or truncates.
    case updating
}
