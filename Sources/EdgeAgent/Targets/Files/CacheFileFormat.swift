import LinuxFiles
import PurgeModel

/// A cache that keeps each response in a file below one directory: how files are named, read and marked.
///
/// Any number of threads may use one at once. A file that cannot be read or marked is an error, never passed over: the
/// cache may serve it. Errors of files are `FileError` and name the whole path.
protocol CacheFileFormat: Sendable {
    /// The number of this cache in the index: the first byte of its keys.
    var number: UInt8 { get }
    /// The directory.
    var path: String { get }
    /// Which directory is open, and what is mounted in it, told apart from others that had this path before or have it
    /// later.
    var identity: TreeIdentity { get }

    /// The stamp that was kept with the directory last; nil where there is none.
    ///
    /// - Throws: `FileError` where the file system keeps none.
    func stamp() throws -> DirectoryStamp?

    /// Keeps a stamp with the directory, so that it goes into each snapshot of it.
    ///
    /// - Throws: `FileError`.
    func keep(_ stamp: DirectoryStamp) throws

    // MARK: Places

    /// The object that a changed name is about; nil when the cache has put none there.
    func key(of change: FileChange) -> ObjectKey?

    /// The whole path of an object's file, for people.
    func path(of key: ObjectKey) -> String

    /// The directory of an object's file, below ``path``.
    func directory(of key: ObjectKey) -> String

    /// Whether that is the object's directory; cheaper than asking for it.
    func isPlace(of key: ObjectKey, in directory: String) -> Bool

    /// The keys of everything in a directory and below it, and perhaps others.
    func keys(below directory: String) -> KeyRange

    /// What is in a directory; nil when the cache has no such directory.
    ///
    /// - Throws: also when there is something in it that may hold objects and must not be looked into.
    func list(_ directory: String) throws -> DirectoryListing?

    /// Where the cache may keep the object of a cache key, its variants not among them.
    ///
    /// - Parameter isKnown: whether everything in the cache has been listed, so that places of a kind that nothing has
    ///   can be left out.
    func places(of cacheKey: [UInt8], isKnown: Bool) -> [ObjectKey]

    // MARK: Objects

    /// Tells what is at a place now from what was there before; nil when nothing is.
    func generation(_ key: ObjectKey) throws -> UInt64?

    /// Reads what is at a place.
    ///
    /// - Parameter buffer: scratch space that a caller keeps for the next call.
    func inspect(_ key: ObjectKey, buffer: inout [UInt8]) throws -> Inspection

    /// Reads what is at a place, with what its file tells about the fetch that it came from.
    func look(_ key: ObjectKey, buffer: inout [UInt8]) throws -> Look

    /// What an object of this cache key is called, whether it is there or not.
    func object(of cacheKey: [UInt8], at place: ObjectKey) -> StoredObject

    /// What a line of the access log says of an object in this cache; nil unless its keys are learnt from there.
    func name(of fetch: FetchNames) -> LearntName?

    /// Reads what a file tells about the fetch that it came from; nil where there is no live object.
    func fillFacts(_ key: ObjectKey, buffer: inout [UInt8]) throws -> FillFacts?

    /// Marks an object deleted or stale.
    ///
    /// - Parameters:
    ///   - date: what the index knows of the object, see `StoredObject`.
    ///   - now: seconds since 1970.
    ///   - expected: the generation that the index knows; asked for only when the file alone cannot tell.
    func mark(
        _ key: ObjectKey, date: UInt32, mode: PurgeMode, now: Int64, buffer: inout [UInt8],
        expected: () throws -> UInt64?
    ) throws -> MarkOutcome

    /// Gives back the bytes on the disk of an object that is marked deleted, but for what its mark needs; the cache
    /// goes on to find it deleted.
    ///
    /// Responses that are being sent are not harmed: their bytes are free when they are done.
    ///
    /// - Returns: how many; 0 where there is nothing to give, or something else.
    func giveBack(_ key: ObjectKey, buffer: inout [UInt8]) throws -> Int64
}
