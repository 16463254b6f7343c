import RocksDB

/// The families that make up the index; the layout of keys and values is in `docs/architecture.md`.
struct IndexTables: Sendable {
    let objects: Table
    let files: Table
    let urls: Table
    let tags: Table
    let names: Table

    /// All of them.
    var all: [Table] { [objects, files, urls, tags, names] }

    init(_ database: Database) throws {
        objects = try Table("objects", of: database)
        files = try Table("files", of: database)
        urls = try Table("urls", of: database)
        tags = try Table("tags", of: database)
        names = try Table("names", of: database)
    }

    /// How they are kept: compressed for size, for bytes an object are a promise.
    static let families = ["objects", "files", "urls", "tags", "names"].map { name in
        ColumnFamilyOptions(
            name: name, bottommostCompression: .zstd,
            // Every new file asks `files` and `names` for what is mostly not there: its name, and the tags that only it
            // has.
            bloomBitsPerKey: ["files", "names"].contains(name) ? 10 : nil,
            // Objects are read one by one, the others in runs.
            blockBytes: name == "objects" ? 4 << 10 : 16 << 10
        )
    }
}
