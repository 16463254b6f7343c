import Glibc
import LinuxFiles
import UnixSignals

/// `edge-purge watch` on a terminal: draws in place, follows its size, and leaves it as it was.
struct WatchTerminal {
    /// What makes the screen be drawn anew, or end.
    private enum Event: Sendable {
        case picture(WatchPicture)
        case failure(CommandFailure)
        case resized
        case end
    }

    /// Whom to ask.
    var client: ControlClient
    /// Time between two looks.
    var interval: Duration

    /// How long a key may go unnoticed.
    private static let keyInterval: Duration = .milliseconds(100)
    /// Another screen, so that the first is there again afterwards; no cursor.
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"
    private static let home = "\u{1B}[H"
    private static let lineEnd = "\u{1B}[K\r\n"
    private static let clearRest = "\u{1B}[K\u{1B}[J"
    private static let standardSize = TerminalSize(columns: 80, rows: 24)

    /// Draws until somebody presses q or Ctrl-C, or the terminal is closed.
    ///
    /// - Throws: `CommandFailure` when the first answer is a refusal; later ones, and nobody there, are shown and tried
    ///   again.
    func run() async throws {
        var first = WatchPicture.nothing
        var problem: String?
        do throws(CommandFailure) {
            first = try await WatchPicture.ask(client)
        } catch {
            // What does not go away by itself is told on the ordinary screen, where it stays.
            guard error.isConnection else { throw error }
            problem = error.message
        }
        let keys = try TerminalKeys(descriptor: STDIN_FILENO)
        defer { keys.restore() }
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup, .sigwinch)
        guard Terminal.writeRaw(Self.enter) else { return }
        defer { _ = Terminal.writeRaw(Self.leave) }
        // Drawing is fast; where it is not, only the newest matters.
        let (events, input) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(16))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in signals { input.yield(signal == .sigwinch ? .resized : .end) }
            }
            group.addTask { await look(input) }
            group.addTask { await Self.read(keys, input) }
            await draw(first, firstProblem: problem, events: events)
            group.cancelAll()
        }
    }

    /// Asks again and again.
    private func look(_ input: AsyncStream<Event>.Continuation) async {
        while true {
            do { try await Task.sleep(for: interval) } catch { return }
            do throws(CommandFailure) {
                input.yield(.picture(try await WatchPicture.ask(client)))
            } catch {
                input.yield(.failure(error))
            }
        }
    }

    /// Ends it all at a q.
    ///
    /// Other keys do nothing, and are not shown.
    private static func read(_ keys: TerminalKeys, _ input: AsyncStream<Event>.Continuation) async {
        while true {
            while let key = keys.next() {
                if key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") { input.yield(.end) }
            }
            do { try await Task.sleep(for: keyInterval) } catch { return }
        }
    }

    private func draw(_ first: WatchPicture, firstProblem: String?, events: AsyncStream<Event>) async {
        var (picture, problem) = (first, firstProblem)
        guard show(picture, problem) else { return }
        for await event in events {
            switch event {
            case .picture(let next):
                picture = next
                problem = nil
            case .failure(let failure): problem = failure.message
            case .resized: break
            case .end: return
            }
            guard show(picture, problem) else { return }
        }
    }

    /// Draws over what is there, so that nothing flickers; false when nobody sees it any more.
    private func show(_ picture: WatchPicture, _ problem: String?) -> Bool {
        let size = TerminalSize.current(of: STDOUT_FILENO) ?? Self.standardSize
        let lines = WatchScreen(address: client.address, style: .output).lines(
            of: picture, problem: problem, size: size)
        return Terminal.writeRaw(Self.home + lines.joined(separator: Self.lineEnd) + Self.clearRest)
    }
}
