import CRocksDB
import Glibc

/// Opens a database: finds out what is on disk, opens all of it, creates what is missing.
enum DatabaseOpening {
    /// Opens, or throws `.locked`, `.corruption`, `.ioError`, `.noSpace`, `.invalidArgument`.
    ///
    /// Nothing stays open after a failure.
    static func open(
        path: String, options: DatabaseOptions, columnFamilies: [ColumnFamilyOptions]
    ) throws(RocksDBError) -> DatabaseHandles {
        try requireCString(path, "database path")
        try options.validate()
        let requested = try validated(columnFamilies)
        let exists = try databaseExists(path: path)
        let databaseOptions = LibraryOptions.database(options)

        var onDisk: [String] = []
        var listingError: RocksDBError?
        if exists {
            do throws(RocksDBError) {
                onDisk = try listFamilies(path: path, options: databaseOptions)
            } catch {
                listingError = error
            }
        }
        do throws(RocksDBError) {
            let others = onDisk.filter { name in !requested.contains { $0.name == name } }
            return try open(
                path: path, options: options, databaseOptions: databaseOptions,
                families: requested + others.map { ColumnFamilyOptions(name: $0) }
            )
        } catch {
            // Listing takes no lock, so it may have stumbled over files that a running owner was just replacing. Only
            // opening can tell: it asks for the lock first. Calling that "corruption" would make someone move a live
            // database aside.
            if error.code == .locked { throw error }
            throw damageIfFilesAreMissing(listingError ?? error, exists: exists)
        }
    }

    /// Checks the requested families and adds "default", which RocksDB cannot do without.
    private static func validated(_ families: [ColumnFamilyOptions]) throws(RocksDBError) -> [ColumnFamilyOptions] {
        var names: Set<String> = []
        for family in families {
            try family.validate()
            if !names.insert(family.name).inserted {
                throw RocksDBError(code: .invalidArgument, message: "column family \(family.name) is named twice")
            }
        }
        return names.contains("default") ? families : [ColumnFamilyOptions(name: "default")] + families
    }

    /// Whether there is a database, told by its file CURRENT.
    ///
    /// Without that file RocksDB would start a new database in the same directory and delete the old one's files as
    /// left-overs. If there is data, that is damage and must be told.
    private static func databaseExists(path: String) throws(RocksDBError) -> Bool {
        if unsafe access(path + "/CURRENT", F_OK) == 0 { return true }
        guard let directory = unsafe opendir(path) else { return false }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            // By address: an entry is shorter than its declared type, so copying the whole field would read beyond it.
            guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return false }
            let name = unsafe String(
                cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            )
            if isDataFile(name) {
                throw RocksDBError(
                    code: .corruption,
                    message: "opening \(path): the file CURRENT is missing but \(name) is there; restore it "
                        + "or move the directory aside"
                )
            }
        }
        return false
    }

    /// Sorted files and write-ahead logs, such as `000012.sst` and `000013.log`.
    ///
    /// The file LOG is only a diary.
    private static func isDataFile(_ name: String) -> Bool {
        guard name.hasSuffix(".sst") || name.hasSuffix(".log") else { return false }
        return name.utf8.dropLast(4).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func listFamilies(
        path: String, options: borrowing OwnedHandle
    ) throws(RocksDBError) -> [String] {
        var count = 0
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        // Also after a failure: the library then hands out an empty list that is ours to free.
        defer { if let list = unsafe list { unsafe rocksdb_list_column_families_destroy(list, count) } }
        try unsafe options.withPointer { (pointer) throws(RocksDBError) in
            try unsafe callLibrary("listing the column families of \(path)") { error in
                unsafe list = path.withCString { unsafe rocksdb_list_column_families(pointer, $0, &count, error) }
            }
        }
        return unsafe UnsafeBufferPointer(start: list, count: count).compactMap { name in
            unsafe name.map { unsafe String(cString: $0) }
        }
    }

    private static func open(
        path: String, options: DatabaseOptions, databaseOptions: borrowing OwnedHandle, families: [ColumnFamilyOptions]
    ) throws(RocksDBError) -> DatabaseHandles {
        let cache = LibraryOptions.cache(byteCount: options.blockCacheBytes)
        let familyOptions = unsafe cache.withPointer { cache in
            unsafe families.map { family -> OpaquePointer? in
                unsafe LibraryOptions.family(family, cache: cache, partitioned: options.partitionsIndexesAndFilters)
                    .release()
            }
        }
        defer { unsafe familyOptions.forEach { unsafe rocksdb_options_destroy($0) } }
        var filters: [CompactionFilterHandle] = []
        for (index, family) in families.enumerated() {
            guard let filter = family.compactionFilter, let options = unsafe familyOptions[index] else { continue }
            let handle = CompactionFilterHandle(filter)
            unsafe handle.install(in: options)
            filters.append(handle)
        }
        let names = CStringArray(families.map(\.name))
        var pointers = unsafe [OpaquePointer?](repeating: nil, count: families.count)
        let opened = try unsafe databaseOptions.withPointer { (databaseOptions) throws(RocksDBError) in
            try unsafe names.withPointers { (names) throws(RocksDBError) in
                try unsafe callLibrary("opening \(path)") { error in
                    unsafe path.withCString { path in
                        unsafe rocksdb_open_column_families(
                            databaseOptions, path, Int32(families.count), names, familyOptions, &pointers, error
                        )
                    }
                }
            }
        }
        guard let opened = unsafe opened else {
            throw RocksDBError(code: .other, message: "opening \(path): neither a database nor a reason came back")
        }
        var byName: [String: OpaquePointer] = unsafe [:]
        for (index, family) in families.enumerated() { unsafe byName[family.name] = unsafe pointers[index] }
        return unsafe DatabaseHandles(
            database: opened, families: byName, familyOptions: families,
            filters: filters, partitioned: options.partitionsIndexesAndFilters
        )
    }

    /// In a database that exists, a file that cannot be found is damage: CURRENT points nowhere, or a file was deleted.
    private static func damageIfFilesAreMissing(_ error: RocksDBError, exists: Bool) -> RocksDBError {
        if exists && error.code == .ioError && error.message.contains("IO error: No such file or directory") {
            return RocksDBError(code: .corruption, message: error.message)
        }
        return error
    }
}
