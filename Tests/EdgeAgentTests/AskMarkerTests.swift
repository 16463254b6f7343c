import LinuxFiles
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct AskMarkerTests {
    private let directory: TemporaryDirectory
    private let file: MarkerFile

    init() throws {
        directory = try TemporaryDirectory()
        file = MarkerFile(path: directory.path + "/run/ask")
    }

    @Test func `it is there as long as anything needs it`() throws {
        let marker = AskMarker(path: file.path, isAsked: true)
        try marker.require(.purges)
        try marker.require(.fence)
        try marker.release(.purges)
        #expect(try file.isThere)
        try marker.require(.purges)
        try marker.release(.fence)
        #expect(try file.isThere)
        try marker.release(.purges)
        #expect(try !file.isThere)
    }

    @Test func `what an earlier run has left stays until it is known that no purge waits`() throws {
        try AskMarker(path: file.path, isAsked: true).require(.purges)
        let marker = AskMarker(path: file.path, isAsked: true)
        try marker.require(.fence)
        try marker.release(.fence)
        #expect(try file.isThere)
        try marker.release(.purges)
        #expect(try !file.isThere)
    }

    /// Whoever takes `ask.socket` out of agent.yaml may leave the snippet in nginx.
    @Test func `without a socket, one that was named for the agent is kept with the fence`() throws {
        let marker = AskMarker(AskConfiguration(marker: file.path))
        try marker.require(.fence)
        #expect(try file.isThere)
        try marker.release(.fence)
        #expect(try !file.isThere)
    }

    /// An agent that is not asked removed the marker of one on the same machine that is.
    @Test func `without a socket the usual one is nobody's to touch`() throws {
        #expect(AskConfiguration().keptMarker == nil)
        #expect(AskConfiguration(socket: "/s").keptMarker == AskConfiguration.standardMarker)
        let marker = AskMarker(path: nil, isAsked: false)
        try marker.require(.fence)
        try marker.release(.fence)
        try marker.checkAccess()
    }

    @Test func `one that somebody else has made goes when nothing needs it`() throws {
        let marker = AskMarker(path: file.path, isAsked: true)
        try marker.require(.purges)
        try marker.release(.purges)
        try file.make()
        try marker.release(.fence)
        #expect(try !file.isThere)
    }

    @Test func `one that cannot be made or removed is told where nginx asks`() throws {
        let marker = AskMarker(path: "/proc/nowhere/ask", isAsked: true)
        #expect(throws: FileError.self) { try marker.require(.fence) }
        #expect(throws: FileError.self) { try marker.checkAccess() }
    }
}
