/// Words of an nginx configuration, written so that nginx reads them again as they are.
enum NginxWord {
    /// The word, in quotes where it needs any.
    static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.utf8.allSatisfy(isPlain) && !word.contains("${")
        if isPlain { return word }
        var text = "\""
        for scalar in word.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    /// A directive on one line, with its semicolon.
    static func line(_ name: String, _ arguments: [String]) -> String {
        ([name] + arguments.map(quoted)).joined(separator: " ") + ";"
    }

    /// Letters and what means nothing to the parser of configurations, wherever it stands.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "$_-./:@=?&|+%,*~".utf8.contains(byte)
        }
    }
}
