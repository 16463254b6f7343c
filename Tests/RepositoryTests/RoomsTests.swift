import Testing

/// Folders point one way.
@Suite struct RoomsTests {
    /// A module with three folders: `Top` uses `Middle` and `Bottom`, `Middle` uses `Bottom`.
    private static let sources = [
        "Main.swift": "struct Main { let engine: Engine }",
        "Top/Engine.swift":
            "/// Not `Unseen`.\nstruct Engine { let text = \"\\(Wheel.name) Unseen\"; let bolt: Bolt? = nil }",
        "Middle/Wheel.swift":
            "final class Wheel { enum Kind { case round }; static let name = \"Engine\"; let a: Bolt }",
        "Bottom/Bolt.swift":
            "package struct Bolt { let kind: Kind; enum Kind { case long } }\nprivate struct Engine {}",
        "Bottom/Kind.swift": "struct Unseen {} // Wheel\n/* Engine /* Main */ Wheel */",
    ]
    private static let table: [String: Set<String>] = [
        ".": ["Top"], "Top": ["Middle", "Bottom"], "Middle": ["Bottom"], "Bottom": [],
    ]

    @Test func `arrows are what code uses, not what comments and strings say`() {
        let found = FolderArrows(Self.sources)
        #expect(Rooms(module: "Made", allowed: Self.table).differences(from: found) == [])
        #expect(Rooms(module: "Made", allowed: Self.table).problems == [])
    }

    @Test func `an arrow that is not allowed is found, with its types and files`() {
        var sources = Self.sources
        sources["Bottom/Nut.swift"] = "struct Nut { func turn(_ wheel: Wheel, in kind: Wheel.Kind) {} }"
        let found = FolderArrows(sources)
        #expect(
            Rooms(module: "Made", allowed: Self.table).differences(from: found)
                == ["Made: Bottom may not use Middle: Wheel, in Bottom/Nut.swift"])
    }

    @Test func `an arrow that nothing uses, and folders that come and go, are found`() {
        var table = Self.table
        table[".", default: []].insert("Bottom")
        table["Gone"] = []
        var sources = Self.sources
        sources["New/Thing.swift"] = "struct Thing {}"
        #expect(
            Rooms(module: "Made", allowed: table).differences(from: FolderArrows(sources)) == [
                "Made/New is not in the table", "Made/Gone is not there",
                "Made: . does not use Bottom: take the arrow out of the table",
            ])
    }

    @Test func `a table with a ring, or with a folder that it does not list, is refused`() {
        let ring = Rooms(module: "Made", allowed: [".": ["A"], "A": ["B"], "B": ["C"], "C": ["A"], "D": []])
        #expect(ring.problems == ["Made: these use each other: A, B, C"])
        #expect(Rooms(module: "Made", allowed: ["A": ["B"]]).problems == ["Made: B is used and not listed"])
    }

    @Test(arguments: Rooms.all)
    func `the folders of a module use each other as the table says`(rooms: Rooms) throws {
        #expect(rooms.problems == [])
        let differences = rooms.differences(from: FolderArrows(try Repository.sources(of: rooms.module)))
        #expect(differences == [], "\(differences.joined(separator: "\n"))")
    }

    @Test(arguments: Rooms.all)
    func `the picture in docs/architecture.md has these arrows, and rooms use what stands below them`(
        rooms: Rooms
    ) throws {
        let picture = try RoomsPicture(of: rooms.module, in: Document(path: "docs/architecture.md").text)
        #expect(Set(picture.rooms) == Set(rooms.allowed.keys))
        for (number, room) in picture.rooms.enumerated() {
            #expect(picture.arrows[room] ?? [] == rooms.allowed[room], "\(room)")
            let below = Set(picture.rooms.dropFirst(number + 1))
            #expect(picture.arrows[room]?.isSubset(of: below) ?? true, "\(room) uses what does not stand below it")
        }
    }

    @Test(arguments: [
        (#"let a = "x\(b.map { "y\($0)" } ?? C.d)z" // e"#, [], ["C"]),
        ("let a = #\"D \\(E) \\#(F)\"#; let b = \"\"\"\n  G \" \\(H)\n  \"\"\"", [], ["F", "H"]),
        (#"text.matches(of: /I "(J)/); let a = K / L"#, [], ["K", "L"]),
        ("struct M<N>: O { class P {} }\n  indirect private enum Q {}", ["M", "Q"], ["N", "O"]),
    ])
    func `names are read from code`(source: String, declared: [String], used: [String]) {
        let names = SwiftNames(SwiftCode(source))
        #expect(names.declarations.map(\.name) == declared)
        #expect(names.used == Set(used))
    }
}
