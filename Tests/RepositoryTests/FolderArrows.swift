/// Which folders of a module use types of which others, read from the text of its files.
///
/// A type counts for the folder of its file, and a nested one for the type around it. A name counts wherever it stands
/// in code. What is not seen: members of an extension that stands in another folder than its type, functions outside of
/// types, and types whose name is never written.
struct FolderArrows {
    /// From one folder to another.
    struct Arrow: Hashable, Comparable {
        let from: String
        let to: String

        static func < (left: Arrow, right: Arrow) -> Bool { (left.from, left.to) < (right.from, right.to) }
    }

    /// What an arrow is made of.
    struct Uses {
        fileprivate(set) var types: Set<String> = []
        fileprivate(set) var files: Set<String> = []
    }

    /// Every folder with a file in it; the module's own is ".".
    let folders: Set<String>
    let arrows: [Arrow: Uses]

    /// - Parameter sources: the text of each file by its path within the module.
    init(_ sources: [String: String]) {
        let names = sources.mapValues { SwiftNames(SwiftCode($0)) }
        var owners: [String: String] = [:]
        for (path, file) in names {
            for name in file.visible { owners[name] = path }
        }
        var arrows: [Arrow: Uses] = [:]
        for (path, file) in names {
            let own = Self.folder(of: path)
            let hidden = file.nested.union(file.declarations.map(\.name))
            for name in file.used.subtracting(hidden) {
                guard let owner = owners[name], Self.folder(of: owner) != own else { continue }
                arrows[Arrow(from: own, to: Self.folder(of: owner)), default: Uses()].types.insert(name)
                arrows[Arrow(from: own, to: Self.folder(of: owner)), default: Uses()].files.insert(path)
            }
        }
        folders = Set(sources.keys.map(Self.folder))
        self.arrows = arrows
    }

    /// The folder of a file; "." for one that is in none.
    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return String(path[..<slash])
    }
}
