import FoundationEssentials
import Subprocess
import SystemPackage

/// The nginx of this machine, as a program that tells, checks and reloads its configuration.
struct NginxProgram: Sendable {
    /// The program and its own arguments: `nginx -c /etc/nginx/nginx.conf`.
    let command: [String]

    /// More than any configuration has.
    private static let bytesMax = 64 << 20

    /// - Parameter command: a program and its arguments, with spaces between.
    init(_ command: String) { self.command = command.split(separator: " ").map(String.init) }

    /// What it wrote, and whether it was content.
    private struct Outcome {
        var isGood: Bool
        var output: String
        var errors: String
    }

    /// What `nginx -T` prints.
    ///
    /// - Throws: `CommandFailure` with what nginx says is wrong.
    func dump() async throws -> String {
        let outcome = try await run("-T")
        guard outcome.isGood else {
            throw CommandFailure(
                "\(name) -T does not work: \(outcome.errors)\nRun this as root")
        }
        return outcome.output
    }

    /// What is wrong with the files on the disk, in nginx's words; nil where it takes them.
    func problem() async throws -> String? {
        let outcome = try await run("-t")
        return outcome.isGood ? nil : outcome.errors
    }

    /// Lets it take the files on the disk.
    ///
    /// - Throws: `CommandFailure` with what nginx says is wrong.
    func reload() async throws {
        let outcome = try await run("-s", "reload")
        guard outcome.isGood else { throw CommandFailure("\(name) -s reload does not work: \(outcome.errors)") }
    }

    /// How it was built: the arguments of its `configure`; nothing where it cannot be asked.
    func build() async -> NginxBuild {
        // It is asked on standard error.
        NginxBuild((try? await run("-V"))?.errors ?? "", prefix: prefix)
    }

    /// `-p`, where it is given.
    private var prefix: String? {
        command.firstIndex(of: "-p").flatMap { $0 + 1 < command.count ? command[$0 + 1] : nil }
    }

    private var name: String { command.joined(separator: " ") }

    /// Finds it where programs are.
    private static func path(of name: String) throws(CommandFailure) -> String {
        do {
            return try ProgramFinder.path(of: name, package: "nginx")
        } catch {
            guard let running = RunningNginx.all().first(where: { !$0.isElsewhere }) else { throw error }
            throw CommandFailure(
                "there is no \(name) where programs are, and one runs (process \(running.process)): give --nginx "
                    + "'\(running.command)'")
        }
    }

    private func run(_ arguments: String...) async throws -> Outcome {
        guard let program = command.first else { throw CommandFailure("--nginx has to name a program", exit: .usage) }
        let path = program.hasPrefix("/") ? program : try Self.path(of: program)
        do {
            let result = try await Subprocess.run(
                .path(FilePath(path)), arguments: Arguments(command.dropFirst() + arguments), input: .none,
                output: .string(limit: Self.bytesMax), error: .string(limit: Self.bytesMax))
            return Outcome(
                isGood: result.terminationStatus.isSuccess, output: result.standardOutput,
                errors: result.standardError.split(separator: "\n").joined(separator: "\n"))
        } catch {
            throw CommandFailure("\(path) cannot be run: \(error)")
        }
    }
}
