import Testing

@testable import EdgePurgeCommand

struct TextTableTests {
    @Test func `columns are as wide as their widest cell, numbers stand at the right`() {
        var table = TextTable([.left("AGENT"), .right("LAG"), .left("PROBLEM")])
        table.add(["edge-1", "7", ""])
        table.add(["e", "12345", "disk full"])
        #expect(
            table.rendered() == """
                AGENT     LAG  PROBLEM
                edge-1      7
                e       12345  disk full
                """
        )
    }

    @Test func `missing cells are empty and cells too many are left out`() {
        var table = TextTable([.left("A"), .left("B")])
        table.add(["1"])
        table.add(["1", "2", "3"])
        #expect(table.rendered() == "A  B\n1\n1  2")
    }

    @Test func `a stored name cannot write escape sequences to the terminal`() {
        var table = TextTable([.left("TAGS")])
        table.add(["\u{1B}[2Jgone\r\nnext\u{9B}31m"])
        #expect(table.rendered() == "TAGS\n?[2Jgone??next?31m")
    }

    @Test func `an empty table is its titles`() {
        let table = TextTable([.left("A"), .right("B")])
        #expect(table.isEmpty)
        #expect(table.rendered() == "A  B")
    }
}
