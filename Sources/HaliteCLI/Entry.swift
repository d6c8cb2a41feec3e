import ArgumentParser
import Glibc
import HaliteCore

/// Decides which command a command line means and runs it.
///
/// The same binary answers to Salt's names: as `salt` it takes a target first, as `salt-call` it is `halite call`.
package enum Entry {
    package static let version = "0.1.0"

    private static let names: [String: String] = [
        "salt-call": "call", "salt-run": "run", "salt-key": "key", "salt-master": "master", "salt-minion": "minion",
    ]

    /// Never returns: the process ends with the exit code of the command.
    package static func main(_ arguments: [String]) async -> Never {
        // A reader that closes the pipe, such as `head`, ends the output and not the program's clean-up.
        signal(SIGPIPE, SIG_IGN)
        let program = arguments.first?.split(separator: "/").last.map(String.init) ?? "halite"
        let words = Array(arguments.dropFirst())
        if program == "salt" { await run(TargetCommand.self, words) }
        if let name = names[program] { await run(HaliteCommand.self, [name] + words) }
        let known = Set(HaliteCommand.configuration.subcommands.map { $0._commandName }).union(["help", "--help", "-h", "--version", "--generate-completion-script"])
        if let first = words.first, !known.contains(first) { await run(TargetCommand.self, words) }
        await run(HaliteCommand.self, words.isEmpty ? ["--help"] : words)
    }

    private static func run(_ type: any ParsableCommand.Type, _ words: [String]) async -> Never {
        do {
            var command = try type.parseAsRoot(words)
            if var asynchronous = command as? any AsyncParsableCommand { try await asynchronous.run() } else { try command.run() }
            finish(0)
        } catch let exit as ExitStatus {
            finish(exit.code)
        } catch let error as CommandError {
            Terminal.error(error.description)
            finish(error.code)
        } catch {
            let code = type.exitCode(for: error)
            let text = type.fullMessage(for: error)
            // Help that was asked for goes to standard output, what went wrong to standard error.
            if code == .success { Terminal.print(text) } else { Terminal.error(text) }
            finish(code.rawValue)
        }
    }

    private static func finish(_ code: Int32) -> Never {
        exit(code)
    }
}

/// The end of a command that has said everything already.
struct ExitStatus: Error {
    let code: Int32
}

/// The end of a command with a message.
struct CommandError: Error, CustomStringConvertible {
    let description: String
    let code: Int32

    init(_ description: String, code: Int32 = 1) {
        self.description = description
        self.code = code
    }
}
