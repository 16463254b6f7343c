import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct DeletedFilesTests {
    private func key(_ number: Int, cache: UInt8 = 0) -> ObjectKey {
        ObjectKey(cache: cache, high: UInt64(number), low: 0, rest: 0)
    }

    private func file(_ number: Int, cache: UInt8 = 0, bytes: Int64 = 8192) -> DeletedFiles.File {
        DeletedFiles.File(key: key(number, cache: cache), bytes: bytes)
    }

    /// What a list says that is searched from its beginning each time.
    private struct Naive {
        var files: [(file: DeletedFiles.File, at: Int64)] = []

        mutating func take(_ cache: UInt8, _ moment: Int64, _ limit: Int) -> [DeletedFiles.File] {
            var taken: [DeletedFiles.File] = []
            for (file, at) in files where file.key.cache == cache {
                guard at <= moment, taken.count < limit else { break }
                taken.append(file)
            }
            files.removeAll { taken.contains($0.file) }
            return taken
        }
    }

    @Test func `it says what a plain list says`() {
        var random = SeededGenerator()
        for _ in 0..<200 {
            var files = DeletedFiles(countMax: 50)
            var naive = Naive()
            var now: Int64 = 0
            for _ in 0..<300 {
                now += Int64(random.number(0...3))
                let key = key(random.number(0...70), cache: UInt8(random.number(0...2)))
                switch random.number(0...5) {
                case 0...2:
                    let file = DeletedFiles.File(key: key, bytes: Int64(random.number(1...9)) * 4096)
                    naive.files.removeAll { $0.file.key == key }
                    if naive.files.count < 50 { naive.files.append((file, now)) }
                    files.add(file, at: now)
                case 3:
                    naive.files.removeAll { $0.file.key == key }
                    files.remove(key)
                case 4:
                    let (moment, limit) = (now - Int64(random.number(0...20)), random.number(0...10))
                    let expected = naive.take(key.cache, moment, limit)
                    let taken = files.take(from: key.cache, until: moment, limit: limit)
                    check(taken == expected, "\(taken), seed \(random.seed)")
                default:
                    guard random.once(in: 10) else { continue }
                    let kept: Set<UInt8> = [0, 1]
                    naive.files.removeAll { !kept.contains($0.file.key.cache) }
                    files.keep(kept)
                }
                let bytes = naive.files.reduce(0) { $0 + $1.file.bytes }
                check((files.count, files.bytes) == (naive.files.count, bytes), "seed \(random.seed)")
            }
        }
    }

    @Test func `what is beyond the bound is known to be there`() {
        var files = DeletedFiles(countMax: 2)
        for number in 0..<2 { files.add(file(number), at: 0) }
        var isMore = files.takeOverflow(0)
        #expect(!isMore)
        files.add(file(2), at: 0)
        files.add(file(3, cache: 1), at: 0)
        #expect(files.count == 2)
        isMore = files.takeOverflow(0)
        #expect(isMore)
        isMore = files.takeOverflow(0)
        #expect(!isMore)
        files.keep([0])
        isMore = files.takeOverflow(1)
        #expect(!isMore, "nobody looks after it any more")
    }
}
