import Foundation

/// One Markdown file.
struct Document {
    let path: String
    let url: URL
    let text: String

    init(path: String) throws {
        self.path = path
        url = Repository.root.appendingPathComponent(path)
        text = try String(contentsOf: url, encoding: .utf8)
    }

    /// The targets of its links.
    var links: [String] {
        text.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
    }

    /// What a link can name in it after `#`: its headings, as GitHub writes them.
    var anchors: Set<String> {
        var anchors: Set<String> = []
        for line in text.split(separator: "\n") where line.hasPrefix("#") {
            let heading = line.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
            let kept = heading.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
            let anchor = String(kept.map { $0 == " " ? "-" : $0 })
            // The second heading of a text has "-1" after it.
            var candidate = anchor
            var number = 0
            while !anchors.insert(candidate).inserted {
                number += 1
                candidate = "\(anchor)-\(number)"
            }
        }
        return anchors
    }
}
