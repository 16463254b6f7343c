/// The files of an nginx configuration, which can be changed, and are read anew after each change.
struct NginxSources: Sendable {
    /// The configuration as the files are now.
    private(set) var dump: NginxDump
    /// Edits that could not be made, each as a sentence.
    private(set) var refused: [String] = []
    /// What stands in each file, without what it includes.
    private var parsed: [String: [NginxDirective]] = [:]

    init(_ dump: NginxDump) {
        self.dump = dump
        parse()
    }

    private mutating func parse() {
        parsed = [:]
        for file in dump.files { parsed[file.name] = NginxParser.parse(file.text, file: file.name) }
    }

    /// The text of a file; nil where it is not part of the configuration.
    func text(of file: String) -> String? { dump.files.last { $0.name == file }?.text }

    /// Adds a file, or replaces one.
    mutating func set(_ file: String, to text: String) {
        var files = dump.files
        if let index = files.firstIndex(where: { $0.name == file }) {
            files[index].text = text
        } else {
            files.append(.init(name: file, text: text))
        }
        dump = NginxDump(files: files)
        parse()
    }

    /// Makes edits, each once; of two for one purpose that differ the first is made, and the other told.
    mutating func apply(_ edits: [NginxEdit]) {
        var made: [NginxEdit] = []
        for edit in edits where !made.contains(edit) {
            let rival = made.first {
                $0.file == edit.file
                    && ($0.bytes == edit.bytes && $0.purpose == edit.purpose
                        || !$0.bytes.isEmpty && !edit.bytes.isEmpty && $0.bytes.overlaps(edit.bytes))
            }
            if let rival {
                refused.append(
                    "\(edit.file) is included in several places that need different lines: "
                        + "\(Self.trimmed(rival.text)) in one, and \(Self.trimmed(edit.text)) in another; write them "
                        + "by hand")
            } else {
                made.append(edit)
            }
        }
        guard !made.isEmpty else { return }
        var files = dump.files
        for index in files.indices {
            let own = made.filter { $0.file == files[index].name }
            if !own.isEmpty { files[index].text = Self.edited(files[index].text, own) }
        }
        dump = NginxDump(files: files)
        parse()
    }

    private static func edited(_ text: String, _ edits: [NginxEdit]) -> String {
        var bytes = Array(text.utf8)
        // From the end on, so that what is before stays where it is; of several at one place the first comes first.
        let inOrder = edits.enumerated().sorted {
            ($0.element.bytes.lowerBound, $0.offset) > ($1.element.bytes.lowerBound, $1.offset)
        }
        var lastPlace: Int?
        for (_, edit) in inOrder where edit.bytes.upperBound <= bytes.count {
            let isLast = edit.bytes.lowerBound != lastPlace
            lastPlace = edit.bytes.lowerBound
            bytes.replaceSubrange(edit.bytes, with: (edit.text + (isLast ? edit.separator : "")).utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func trimmed(_ text: String) -> String {
        text.split(separator: "\n").map { $0.drop(while: \.isWhitespace) }.joined(separator: " ")
    }

    // MARK: Places

    /// The block of a file as it stands there, with its includes.
    func written(_ block: NginxDirective) -> NginxDirective? {
        func find(_ directives: [NginxDirective]) -> NginxDirective? {
            for directive in directives where !directive.block.isEmpty {
                if directive.place == block.place { return directive }
                if let found = find(directive.block) { return found }
            }
            return nil
        }
        return find(parsed[block.place.file] ?? [])
    }

    /// A directive as its file has it, without its semicolon.
    func source(of directive: NginxDirective) -> String {
        let bytes = Array((text(of: directive.place.file) ?? "").utf8)
        let range = directive.place.bytes
        guard range.upperBound <= bytes.count, !range.isEmpty else { return directive.heading }
        return String(decoding: bytes[range.dropLast()], as: UTF8.self)
    }

    /// Puts lines at the beginning of a block.
    func insert(_ lines: [String], into block: NginxDirective, for purpose: String) -> NginxEdit {
        let bytes = Array((text(of: block.place.file) ?? "").utf8)
        let start = block.place.inside?.lowerBound ?? 0
        let outer = whiteSpace(before: block.place.bytes.lowerBound, bytes) ?? ""
        let inner = written(block)?.block.first.flatMap { whiteSpace(before: $0.place.bytes.lowerBound, bytes) }
        let space = inner ?? outer + (outer.hasPrefix("\t") ? "\t" : "    ")
        let text = lines.map { "\n\(space)\($0)" }.joined()
        // A comment behind the brace stays there; what else is there gets a line of its own.
        let rest = bytes[min(start, bytes.count)...].prefix { $0 != UInt8(ascii: "\n") }
        let first = rest.firstIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "\r") }
        guard let first, rest[first] != UInt8(ascii: "#") else {
            let end = rest.endIndex..<rest.endIndex
            return NginxEdit(file: block.place.file, bytes: end, text: text, purpose: purpose)
        }
        // Several edits at this place each bring their own line; only the last one is followed by what is there.
        let next = "\n" + (rest[first] == UInt8(ascii: "}") ? outer : space).dropLast(first - start)
        return NginxEdit(
            file: block.place.file, bytes: start..<start, text: text, purpose: purpose, separator: next)
    }

    /// Puts lines behind a directive.
    func insert(_ lines: [String], behind directive: NginxDirective, for purpose: String) -> NginxEdit {
        let bytes = Array((text(of: directive.place.file) ?? "").utf8)
        let space = whiteSpace(before: directive.place.bytes.lowerBound, bytes) ?? ""
        let end = directive.place.bytes.upperBound
        return NginxEdit(
            file: directive.place.file, bytes: end..<end, text: lines.map { "\n\(space)\($0)" }.joined(),
            purpose: purpose)
    }

    /// Adds words to a directive.
    func add(_ words: [String], to directive: NginxDirective, for purpose: String) -> NginxEdit {
        let end = max(directive.place.bytes.lowerBound, directive.place.bytes.upperBound - 1)
        return NginxEdit(
            file: directive.place.file, bytes: end..<end, text: words.map { " " + $0 }.joined(), purpose: purpose)
    }

    /// Writes something else in the place of a directive.
    func replace(_ directive: NginxDirective, with text: String, for purpose: String) -> NginxEdit {
        NginxEdit(file: directive.place.file, bytes: directive.place.bytes, text: text, purpose: purpose)
    }

    /// The white space before a place; nil where something else stands before it on its line.
    private func whiteSpace(before place: Int, _ bytes: [UInt8]) -> String? {
        guard place <= bytes.count else { return nil }
        let line = bytes[..<place].reversed().prefix { $0 != UInt8(ascii: "\n") }.reversed()
        guard line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) else { return nil }
        return String(decoding: line, as: UTF8.self)
    }
}
