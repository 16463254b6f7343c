/// The picture of a module's rooms in a document: a block below a heading, from the top down.
///
/// A line that begins with a name is a room; after `>` stands what it uses, which may go on in the next lines.
struct RoomsPicture {
    /// From the top down.
    private(set) var rooms: [String] = []
    private(set) var arrows: [String: Set<String>] = [:]

    /// Reads the first block below the heading that is the module's name; without one there are no rooms.
    init(of module: String, in text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let block = lines.drop { $0 != "### \(module)" }.drop { $0 != "```" }.dropFirst().prefix { $0 != "```" }
        for line in block {
            if line.first != " " {
                rooms.append(String(line.prefix { $0 != " " }))
            } else if let room = rooms.last {
                arrows[room, default: []].formUnion(line.split(separator: " ").map(String.init).filter { $0 != ">" })
            }
        }
    }
}
