import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Packs and unpacks archives with the host's own programs.
package struct ArchiveModule: ExecutionModule {
    package static let name = "archive"
    package static let summary = "Packs and unpacks archives."

    private static let folder = Parameter<String?>.optional("cwd", nil, "Where to work.")
    private static let user = Parameter<String?>.optional("runas", nil, "The user to work as.")

    package static let functions: [Function] = [
        Function(
            "tar", "Runs tar; returns the lines that it prints.", .required("options", "The options of tar, such as xzf."),
            .required("tarfile", "The archive."), .optional("sources", [String](), "What to pack, or to take out."),
            .optional("dest", String?.none, "Where to unpack."), folder, user, example: "halite '*' archive.tar xzf /tmp/a.tgz dest=/srv", body: tar),
        Function(
            "unzip", "Unpacks a zip archive; returns the files.", .required("zip_file", "The archive."), .required("dest", "Where to unpack."),
            .optional("password", String?.none, "The password."), user, body: unzip),
        Function(
            "zip", "Packs files into a zip archive.", .required("zip_file", "The archive."), .required("sources", "What to pack."), folder, user, body: zip),
        Function("gzip", "Packs one file.", .required("sourcefile", "The file.")) { try await run($0, ["gzip", "--", $1], nil, nil) },
        Function("gunzip", "Unpacks one file.", .required("gzipfile", "The file.")) { try await run($0, ["gunzip", "--", $1], nil, nil) },
        Function("list", "Lists what an archive holds.", .required("name", "The archive."), body: list),
    ]

    private static func run(_ context: CallContext, _ arguments: [String], _ folder: String?, _ user: String?) async throws -> [String] {
        var command = Command(arguments)
        command.workingDirectory = folder
        command.user = user
        command.mergesErrors = true
        let result = try await context.host.run(command)
        context.outcome.returnCode = result.exitCode
        return result.lines.filter { !$0.isEmpty }
    }

    private static func tar(
        _ context: CallContext, _ options: String, _ archive: String, _ sources: [String], _ target: String?, _ folder: String?, _ user: String?
    ) async throws -> [String] {
        // Salt passes the options as one word, with or without a dash.
        let first = options.split(separator: " ").map(String.init)
        guard let main = first.first else { throw ExecutionError("Tar options can not be empty") }
        let dashed = main.hasPrefix("-") ? main : "-" + main
        var arguments = ["tar", dashed, archive] + first.dropFirst()
        if let target { arguments += ["-C", target] }
        return try await run(context, arguments + sources, folder, user)
    }

    private static func unzip(_ context: CallContext, _ archive: String, _ target: String, _ password: String?, _ user: String?) async throws -> [String] {
        var arguments = ["unzip", "-o"]
        // unzip takes a password in its arguments only, where every user of the host could read it.
        if password != nil { throw ExecutionError("archives with a password are not unpacked: unzip would show it to all users of the host") }
        arguments += [archive, "-d", target]
        let lines = try await run(context, arguments, nil, user)
        return lines.compactMap { line in
            let words = line.split(separator: ":", maxSplits: 1).map { String($0.drop { $0 == " " }) }
            guard words.count == 2, ["inflating", "extracting", "creating", "linking"].contains(words[0]) else { return nil }
            return String(words[1].reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func zip(_ context: CallContext, _ archive: String, _ sources: [String], _ folder: String?, _ user: String?) async throws -> [String] {
        try await run(context, ["zip", "-r", archive] + sources, folder, user)
    }

    private static func list(_ context: CallContext, _ archive: String) async throws -> [String] {
        guard try await context.host.isFile(archive) else { throw ExecutionError("Path \(archive) does not exist") }
        let arguments = archive.hasSuffix(".zip") ? ["unzip", "-Z1", archive] : ["tar", "-tf", archive]
        let result = try await context.host.run(Command(arguments))
        guard result.succeeded else { throw ExecutionError("Failed to list the contents of \(archive): \(result.errorText)") }
        return result.lines.filter { !$0.isEmpty }
    }
}
