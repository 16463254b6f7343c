import CLinux

/// A directory by the kernel's file handle and the filesystem it is on, as fanotify reports it.
///
/// Unlike a path it never stands for another directory: a directory that is removed and made anew has another handle.
struct DirectoryHandle: Hashable {
    let filesystem: UInt64
    let raw: linux_handle

    /// Handles longer than this (overlayfs) do not fit; such a filesystem is watched by inotify.
    static let byteCountMax = 32

    init(filesystem: UInt64, raw: linux_handle) {
        self.filesystem = filesystem
        self.raw = raw
    }

    /// The handle in a record at `offset`: length 4, type 4, then the bytes.
    init?(filesystem: UInt64, at offset: Int, in buffer: borrowing ReadBuffer) {
        let length = Int(buffer.load(offset, as: UInt32.self))
        guard length <= Self.byteCountMax else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        unsafe withUnsafeMutableBytes(of: &words) { target in
            let start = offset + 8
            unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer.bytes[start..<start + length]))
        }
        self.filesystem = filesystem
        raw = linux_handle(
            type: buffer.load(offset + 4, as: Int32.self), length: UInt32(length),
            word0: words.0, word1: words.1, word2: words.2, word3: words.3
        )
    }

    static func == (left: DirectoryHandle, right: DirectoryHandle) -> Bool {
        left.raw.word0 == right.raw.word0 && left.raw.word1 == right.raw.word1 && left.raw.word2 == right.raw.word2
            && left.raw.word3 == right.raw.word3 && left.raw.length == right.raw.length
            && left.raw.type == right.raw.type
            && left.filesystem == right.filesystem
    }

    func hash(into hasher: inout Hasher) {
        // Inode number and generation are in the first two words everywhere; the others only matter for equality.
        hasher.combine(raw.word0)
        hasher.combine(raw.word1)
        hasher.combine(filesystem)
    }
}
