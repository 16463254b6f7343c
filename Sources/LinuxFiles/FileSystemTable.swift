/// What is to be mounted on this machine (fstab(5)), and whether it is.
package enum FileSystemTable {
    private static let bytesMax = 1 << 20

    /// The mount point that holds a path by /etc/fstab, and on which nothing is mounted; nil where all is in order, or
    /// where there is no such file.
    ///
    /// - Parameter file: another table, for tests.
    package static func unmounted(above path: String, file: String = "/etc/fstab") throws(FileError) -> String? {
        guard let table = try? SmallFile.read(file, bytesMax: bytesMax) else { return nil }
        let mounted = Set(try MountTable().mountPoints())
        return points(in: table).filter { path == $0 || path.hasPrefix($0 + "/") }.first { !mounted.contains($0) }
    }

    /// Whether something is mounted right on this path.
    package static func isMountPoint(_ path: String) throws(FileError) -> Bool {
        try MountTable().mountPoints().contains(path)
    }

    /// The second field of each line, but for those that are not mounted at boot, that may fail, or that are swap.
    static func points(in table: [UInt8]) -> [String] {
        table.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard fields.count > 3, fields[0].first != UInt8(ascii: "#"), fields[1].first == UInt8(ascii: "/") else {
                return nil
            }
            let options = String(decoding: fields[3], as: UTF8.self).split(separator: ",")
            let isOptional = options.contains { ["noauto", "nofail", "x-systemd.automount"].contains($0) }
            return isOptional ? nil : String(decoding: MountTable.unescaped(fields[1]), as: UTF8.self)
        }
    }
}
