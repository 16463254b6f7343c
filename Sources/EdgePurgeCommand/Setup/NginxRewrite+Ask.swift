/// That each place asks for its own key.
extension NginxRewrite {
    /// Sets the question of each location whose key is not that of the snippet.
    mutating func changeQuestions() {
        let check = check
        var edits: [NginxEdit] = []
        for location in check.locations where !cannotAsk(location, check) {
            guard let key = CacheKeyUse(location, http: check.http).logged, let block = Self.block(location) else {
                continue
            }
            let sets = location.levels.reversed().flatMap { $0.children("set") }
                .filter { $0.arguments.first == "$edge_purge_question" }
            let asked = sets.first?.arguments.last ?? ""
            guard ![asked, check.resolved(asked)].contains(where: { NginxValue($0).isSame(key) }) else { continue }
            let question = key.hasSuffix("$slice_range") ? String(key.dropLast("$slice_range".count)) : key
            let line = "set $edge_purge_question \(NginxWord.quoted(question));"
            if let own = block.children("set").last(where: { $0.arguments.first == "$edge_purge_question" }) {
                edits.append(sources.replace(own, with: line, for: "question"))
                continue
            }
            // What is in the key may be set here first.
            let names = NginxValue(question).variables
            let last = block.children("set").last { set in
                set.arguments.first.map { names.contains(String($0.dropFirst())) } == true
            }
            edits.append(
                last.map { sources.insert([line], behind: $0, for: "question") }
                    ?? sources.insert([line], into: block, for: "question"))
        }
        sources.apply(edits)
    }
}
