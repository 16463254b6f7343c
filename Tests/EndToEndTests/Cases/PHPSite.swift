import Foundation
import Subprocess
import SystemPackage
import TestSupport

/// Real PHP behind FastCGI, with one script for every request.
enum PHPSite {
    private static let program = "php-fpm8.2"

    /// Whether it is installed.
    static let isPossible = Tool.isInstalled(program)

    /// Where it listens.
    static func socket(in folder: String) -> String { folder + "/fpm.sock" }

    /// Where its script is.
    static func script(in folder: String) -> String { folder + "/index.php" }

    /// Runs `body` while it listens.
    static func with(_ folder: String, script text: String, _ body: () async throws -> Void) async throws {
        let isRoot = getuid() == 0
        let configuration = """
            [global]
            error_log = \(folder)/fpm.log
            daemonize = no
            [www]
            \(isRoot ? "user = root\ngroup = root" : "")
            listen = \(socket(in: folder))
            pm = static
            pm.max_children = 2
            catch_workers_output = no

            """
        let settings = "expose_php = Off\nlog_errors = On\ndisplay_errors = Off\n"
        for (name, text) in [("fpm.conf", configuration), ("php.ini", settings), ("index.php", text)] {
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(10))]
        let arguments = ["-n", "-c", "\(folder)/php.ini", "-y", "\(folder)/fpm.conf", "-F"] + (isRoot ? ["-R"] : [])
        _ = try await Subprocess.run(
            .name(program), arguments: Arguments(arguments), platformOptions: options, input: .none,
            output: .discarded, error: .discarded
        ) { execution in
            do {
                try await eventually("php-fpm runs") {
                    FileManager.default.fileExists(atPath: socket(in: folder))
                }
                try await body()
            } catch {
                await execution.teardown(using: options.teardownSequence)
                throw error
            }
            await execution.teardown(using: options.teardownSequence)
        }
    }
}
