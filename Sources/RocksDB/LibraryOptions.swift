import CRocksDB

/// Translates our options into the library's.
///
/// The functions assume options that `validate()` accepted.
enum LibraryOptions {
    /// A database to be opened.
    ///
    /// Also good enough for `destroy` and for listing families.
    static func database(_ options: DatabaseOptions) -> OwnedHandle {
        let handle = plain()
        unsafe handle.withPointer { pointer in
            unsafe rocksdb_options_set_create_if_missing(pointer, options.createIfMissing ? 1 : 0)
            unsafe rocksdb_options_set_create_missing_column_families(pointer, 1)
            unsafe rocksdb_options_set_db_write_buffer_size(pointer, options.totalWriteBufferBytes)
            unsafe rocksdb_options_set_max_total_wal_size(pointer, UInt64(options.maxLogBytes))
            unsafe rocksdb_options_set_max_open_files(pointer, Int32(options.maxOpenFiles))
            unsafe rocksdb_options_set_max_background_jobs(pointer, Int32(options.backgroundJobs))
            unsafe rocksdb_options_set_wal_recovery_mode(pointer, options.logRecovery.libraryValue)
            // Checks of what is read back are worth their price: a purge must not be lost to a flipped bit.
            unsafe rocksdb_options_set_paranoid_checks(pointer, 1)
            // Writes files out while they are produced, not in one burst at the end that stalls everybody's fsync.
            unsafe rocksdb_options_set_bytes_per_sync(pointer, 1 << 20)
            // RocksDB's own diary. Without these it grows for ever and repeats statistics every ten minutes.
            unsafe rocksdb_options_set_keep_log_file_num(pointer, 3)
            unsafe rocksdb_options_set_max_log_file_size(pointer, 4 << 20)
            unsafe rocksdb_options_set_stats_dump_period_sec(pointer, 0)
            unsafe rocksdb_options_set_stats_persist_period_sec(pointer, 0)
        }
        return handle
    }

    /// A cache of blocks.
    ///
    /// RocksDB's own choice is up to 64 parts, of 1 MiB each for 64 MiB. An index or filter that is bigger than its
    /// part is read from the file again at every use (measured: 40 times fewer reads a second), so a part has at
    /// least 8 MiB here.
    static func cache(byteCount: Int) -> OwnedHandle {
        let partCount = max(1, min(64, byteCount / (8 << 20)))
        let partBits = Int.bitWidth - 1 - partCount.leadingZeroBitCount
        let options = unsafe OwnedHandle(
            rocksdb_lru_cache_options_create(), destroyedBy: rocksdb_lru_cache_options_destroy
        )
        return unsafe options.withPointer { options in
            unsafe rocksdb_lru_cache_options_set_capacity(options, byteCount)
            unsafe rocksdb_lru_cache_options_set_num_shard_bits(options, Int32(partBits))
            return unsafe OwnedHandle(rocksdb_cache_create_lru_opts(options), destroyedBy: rocksdb_cache_destroy)
        }
    }

    /// One family.
    ///
    /// - Parameters:
    ///   - options: how it is stored.
    ///   - cache: the shared cache of blocks. Nil for writers of sorted files, which read nothing back.
    ///   - partitioned: as `DatabaseOptions.partitionsIndexesAndFilters`.
    static func family(_ options: ColumnFamilyOptions, cache: OpaquePointer?, partitioned: Bool) -> OwnedHandle {
        let handle = plain()
        unsafe handle.withPointer { pointer in
            unsafe rocksdb_options_set_write_buffer_size(pointer, options.writeBufferBytes)
            unsafe rocksdb_options_set_max_write_buffer_number(pointer, 3)
            unsafe rocksdb_options_set_target_file_size_base(pointer, UInt64(options.fileBytes))
            unsafe rocksdb_options_set_max_bytes_for_level_base(
                pointer, UInt64(max(4 * options.writeBufferBytes, 2 * options.fileBytes))
            )
            unsafe rocksdb_options_set_level_compaction_dynamic_level_bytes(pointer, 1)
            unsafe setCompression(pointer, options)
            let table = unsafe tableOptions(options, cache: cache, partitioned: partitioned)
            unsafe table.withPointer { unsafe rocksdb_options_set_block_based_table_factory(pointer, $0) }
        }
        return handle
    }

    /// Options with the library's defaults.
    static func plain() -> OwnedHandle {
        unsafe OwnedHandle(rocksdb_options_create(), destroyedBy: rocksdb_options_destroy)
    }

    private static func setCompression(_ pointer: OpaquePointer, _ options: ColumnFamilyOptions) {
        // -14 and 32767 are RocksDB's own defaults: raw deflate window, "the compressor's default level".
        let level = Int32(options.compressionLevel ?? 32767)
        unsafe rocksdb_options_set_compression(pointer, options.compression.libraryValue)
        unsafe rocksdb_options_set_compression_options(pointer, -14, level, 0, 0)
        let bottommost = options.bottommostCompression ?? options.compression
        unsafe rocksdb_options_set_bottommost_compression(pointer, bottommost.libraryValue)
        let dictionaryBytes = bottommost == .zstd ? Int32(options.bottommostDictionaryBytes ?? 0) : 0
        unsafe rocksdb_options_set_bottommost_compression_options(pointer, -14, level, 0, dictionaryBytes, 1)
        if dictionaryBytes > 0 {
            // zstd's own advice is a hundred times the dictionary to learn from. The same bound on what is buffered
            // keeps a compaction from holding a whole file in memory.
            let trainingBytes = 100 * dictionaryBytes
            unsafe rocksdb_options_set_bottommost_compression_options_zstd_max_train_bytes(pointer, trainingBytes, 1)
            unsafe rocksdb_options_set_bottommost_compression_options_max_dict_buffer_bytes(
                pointer, UInt64(trainingBytes), 1
            )
        }
    }

    private static func tableOptions(
        _ options: ColumnFamilyOptions, cache: OpaquePointer?, partitioned: Bool
    ) -> OwnedHandle {
        let table = unsafe OwnedHandle(
            rocksdb_block_based_options_create(), destroyedBy: rocksdb_block_based_options_destroy
        )
        unsafe table.withPointer { pointer in
            unsafe rocksdb_block_based_options_set_block_size(pointer, options.blockBytes)
            unsafe rocksdb_block_based_options_set_format_version(pointer, 5)
            if let bits = options.bloomBitsPerKey {
                // The table options own the policy from here on.
                unsafe rocksdb_block_based_options_set_filter_policy(
                    pointer, rocksdb_filterpolicy_create_bloom_full(Double(bits))
                )
            }
            if partitioned {
                unsafe rocksdb_block_based_options_set_index_type(
                    pointer, Int32(rocksdb_block_based_table_index_type_two_level_index_search)
                )
                unsafe rocksdb_block_based_options_set_partition_filters(
                    pointer, options.bloomBitsPerKey == nil ? 0 : 1)
            }
            if let cache = unsafe cache {
                unsafe rocksdb_block_based_options_set_block_cache(pointer, cache)
                unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks(pointer, 1)
                unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(pointer, 1)
                unsafe rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(pointer, 1)
            }
        }
        return table
    }
}

extension Compression {
    fileprivate var libraryValue: Int32 {
        switch self {
        case .none: Int32(rocksdb_no_compression)
        case .lz4: Int32(rocksdb_lz4_compression)
        case .zstd: Int32(rocksdb_zstd_compression)
        }
    }
}

extension LogRecovery {
    fileprivate var libraryValue: Int32 {
        switch self {
        case .pointInTime: Int32(rocksdb_point_in_time_recovery)
        case .absoluteConsistency: Int32(rocksdb_absolute_consistency_recovery)
        case .tolerateCutOffEnd: Int32(rocksdb_tolerate_corrupted_tail_records_recovery)
        case .skipDamagedRecords: Int32(rocksdb_skip_any_corrupted_records_recovery)
        }
    }
}
