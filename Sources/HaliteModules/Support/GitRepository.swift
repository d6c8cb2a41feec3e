import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Runs git in a folder of the host.
struct GitRepository: Sendable {
    let call: CallContext
    let folder: String
    var user: String?
    /// Private keys to log in with.
    var identity: [String] = []

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    func command(_ words: [String], inside: Bool = true) async throws -> CommandResult {
        // Repositories that somebody else owns are meant: Salt passes the same setting.
        var command = Command(["git"] + (inside ? ["-c", "safe.directory=\(folder)"] : []) + words)
        if inside { command.workingDirectory = folder }
        command.user = user
        command.environment["GIT_TERMINAL_PROMPT"] = "0"
        if let user, let home = try await call.host.user(named: user)?.home { command.environment["HOME"] = home }
        if !identity.isEmpty {
            let keys = identity.map { "-i \(ShellWords.quote($0))" }.joined(separator: " ")
            command.environment["GIT_SSH_COMMAND"] = "ssh -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new -o BatchMode=yes \(keys)"
        }
        return try await call.host.run(command)
    }

    /// The output of a command that must succeed.
    func output(_ words: String..., inside: Bool = true) async throws -> String {
        let result = try await command(words, inside: inside)
        guard result.succeeded else {
            throw Failure(description: "Command 'git \(words.joined(separator: " "))' failed: \(result.errorText.isEmpty ? result.text : result.errorText)")
        }
        return result.text
    }

    /// The output, or nil when the command fails.
    func answer(_ words: String...) async throws -> String? {
        let result = try await command(words)
        return result.succeeded && !result.text.isEmpty ? result.text : nil
    }

    func exists() async throws -> Bool {
        guard try await call.host.isDirectory(folder) else { return false }
        if try await call.host.exists(Path.join(folder, ".git")) { return true }
        guard try await call.host.isFile(Path.join(folder, "HEAD")) else { return false }
        return try await call.host.isDirectory(Path.join(folder, "objects"))
    }

    /// The names and commits of a remote.
    func remoteReferences(_ url: String) async throws -> [String: String] {
        let text = try await output("ls-remote", "--", url, inside: false)
        return Dictionary(
            text.split(separator: "\n").compactMap { line -> (String, String)? in
                let words = String(line).words()
                return words.count == 2 ? (words[1], words[0]) : nil
            }
        ) { first, _ in first }
    }
}
