/// What the agent tells of the bytes of deleted files.
package struct SpaceStatus: Sendable, Hashable, Encodable {
    /// `files.reclaim`.
    package var mode = ""
    /// Files whose bytes were given back since the start.
    package var files = 0
    /// Those bytes.
    package var bytes: Int64 = 0
    /// Deleted files that may be emptied yet.
    package var waitingFiles = 0
    /// Their bytes, at most: nginx may have stored some of them again.
    package var waitingBytes: Int64 = 0
    /// Files that could not be emptied, after several tries; their bytes stay until nginx takes them.
    package var givenUp = 0

    private enum CodingKeys: String, CodingKey {
        case mode, files, bytes
        case waitingFiles = "waiting_files"
        case waitingBytes = "waiting_bytes"
        case givenUp = "given_up"
    }
}
