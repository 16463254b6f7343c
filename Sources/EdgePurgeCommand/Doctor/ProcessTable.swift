import FoundationEssentials

/// The processes of this machine (proc(5)).
enum ProcessTable {
    /// Those whose command line begins so: a program, by the end of its path, and its first argument.
    static func processes(_ program: String, _ argument: String) -> [Int] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap(Int.init).filter { number in
            let line = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
            let words = line.split(separator: 0, maxSplits: 2).map { String(decoding: $0, as: UTF8.self) }
            return words.count > 1 && words[0].split(separator: "/").last.map(String.init) == program
                && words[1] == argument
        }.sorted()
    }

    /// The process that a file names; nil where there is none.
    static func process(in file: String) -> Int? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let number = Int(text.prefix { $0.isWholeNumber })
        return number.flatMap { FileManager.default.fileExists(atPath: "/proc/\($0)") ? $0 : nil }
    }
}
