import FoundationEssentials

/// An nginx that runs on this machine, by its master process.
struct RunningNginx: Sendable, Hashable {
    let process: Int
    /// How it is called, with what says where its files are: `/opt/nginx/sbin/nginx -c /etc/other.conf`.
    let command: String
    /// Its main file where its command line names it; nil: the one that it was built with.
    let configuration: String?
    /// Whether it sees another root directory than this process, as in a container.
    let isElsewhere: Bool

    /// How nginx calls its master, before the command line (`ngx_setproctitle`).
    private static let title = "nginx: master process "

    /// All that run, by their process ids.
    ///
    /// - Parameter folder: where the kernel tells of processes (proc(5)).
    static func all(_ folder: String = "/proc") -> [RunningNginx] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return entries.compactMap(Int.init).sorted().compactMap { RunningNginx($0, folder) }
    }

    private init?(_ process: Int, _ folder: String) {
        let own = "\(folder)/\(process)"
        let line = FileManager.default.contents(atPath: "\(own)/cmdline") ?? Data()
        // The title is one text, behind which old arguments may be left.
        let text = String(decoding: line.prefix { $0 != 0 }, as: UTF8.self)
        guard text.hasPrefix(Self.title) else { return nil }
        let words = text.dropFirst(Self.title.count).split(separator: " ").map(String.init)
        guard let name = words.first else { return nil }
        // What an upgrade has replaced has this behind it.
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(own)/exe"))
            .map { $0.hasSuffix(" (deleted)") ? String($0.dropLast(" (deleted)".count)) : $0 }
        self.process = process
        let places = Self.places(words.dropFirst())
        command = ([program ?? name] + places.flatMap { [$0.option, $0.value] }).joined(separator: " ")
        let prefix = places.last { $0.option == "-p" }?.value
        configuration = places.last { $0.option == "-c" }.flatMap { option in
            if option.value.hasPrefix("/") { return option.value }
            return prefix.map { $0.hasSuffix("/") ? $0 + option.value : "\($0)/\(option.value)" }
        }
        isElsewhere = Self.isElsewhere(own)
    }

    /// The options that say where files are, as `-c file` or `-cfile`.
    private static func places(_ words: ArraySlice<String>) -> [(option: String, value: String)] {
        var places: [(option: String, value: String)] = []
        for (position, word) in zip(words.indices, words) {
            guard let option = ["-c", "-p"].first(where: word.hasPrefix) else { continue }
            if word.count > option.count {
                places.append((option, String(word.dropFirst(option.count))))
            } else if position + 1 < words.endIndex {
                places.append((option, words[position + 1]))
            }
        }
        return places
    }

    private static func isElsewhere(_ own: String) -> Bool {
        func identity(_ path: String) -> [Int]? {
            // With the dot it is the directory, and not the link to it.
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: path + "/."),
                let device = attributes[.systemNumber] as? Int, let file = attributes[.systemFileNumber] as? Int
            else { return nil }
            return [device, file]
        }
        guard let root = identity("\(own)/root") else { return false }
        return root != identity("")
    }

    /// Those whose configuration is another one than that which was read; one sentence each.
    ///
    /// - Parameter read: the main file that was read.
    static func others(than read: String, _ running: [RunningNginx]) async -> [String] {
        var others: [String] = []
        for one in running {
            if one.isElsewhere {
                others.append(
                    "another nginx runs in a container (process \(one.process)), and was not read: run this where it "
                        + "is, or give what its nginx -T prints with --dump")
                continue
            }
            let standard = one.configuration == nil ? await NginxProgram(one.command).build().configuration : nil
            guard let file = one.configuration ?? standard, file != read else { continue }
            others.append(
                "another nginx runs (process \(one.process)) with \(file), and was not read: for that one give "
                    + "--nginx '\(one.command)'")
        }
        return others
    }
}
