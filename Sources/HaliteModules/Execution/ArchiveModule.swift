import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Archives and compressed files.
package struct ArchiveModule: ExecutionModule {
    package static let name = "archive"
    package static let summary = "Archives and compressed files."

    package static let functions: [Function] = [
        Function("tar", "Run tar and return what it says.", .required("options", "Such as xzf."), .required("tarfile", "The archive."), .optional("sources", [String](), "What to pack."), .optional("dest", nil as String?, "The folder to unpack into."), .optional("cwd", nil as String?, "The working directory."), .optional("runas", nil as String?, "The user to run as."), .keywords("kwargs", "Ignored."), body: tar),
        Function("cmd_unzip", "Unpack a zip archive with unzip.", .required("zip_file", "The archive."), .required("dest", "The folder."), .optional("excludes", [String](), "What to leave out."), .optional("options", "", "Options of unzip."), .optional("runas", nil as String?, "The user to run as."), .keywords("kwargs", "Ignored."), body: unzip),
        Function("unzip", "Unpack a zip archive.", .required("zip_file", "The archive."), .required("dest", "The folder."), .optional("excludes", [String](), "What to leave out."), .optional("options", "", "Options of unzip."), .optional("runas", nil as String?, "The user to run as."), .keywords("kwargs", "Ignored."), body: unzip),
        Function("zip", "Pack files into a zip archive.", .required("zip_file", "The archive."), .required("sources", "What to pack."), .optional("cwd", nil as String?, "The working directory."), .optional("runas", nil as String?, "The user to run as."), .keywords("kwargs", "Ignored."), body: zip),
        Function("gzip", "Compress a file.", .required("sourcefile", "The file."), .keywords("kwargs", "Ignored."), body: { (call: CallContext, path: String, _: ValueMap) async throws -> [String] in try await lines(call, ["gzip", "-v", "--", path], nil, nil) }),
        Function("gunzip", "Expand a file.", .required("gzipfile", "The file."), .keywords("kwargs", "Ignored."), body: { (call: CallContext, path: String, _: ValueMap) async throws -> [String] in try await lines(call, ["gunzip", "-v", "--", path], nil, nil) }),
        Function("list", "Return what is in an archive.", .required("name", "The archive."), .optional("archive_format", nil as String?, "tar or zip; told by the name."), .keywords("kwargs", "Ignored."), body: list),
    ]

    private static func lines(_ call: CallContext, _ words: [String], _ cwd: String?, _ user: String?) async throws -> [String] {
        var command = Command(words)
        (command.workingDirectory, command.user, command.mergesErrors) = (cwd, user, true)
        let result = try await call.host.run(command)
        call.outcome.returnCode = result.exitCode
        guard result.succeeded else { throw ExecutionError(result.text) }
        return PythonLines.split(result.text)
    }

    private static func tar(
        _ call: CallContext, options: String, file: String, sources: [String], folder: String?, cwd: String?, user: String?, ignored: ValueMap
    ) async throws -> [String] {
        let flags = options.hasPrefix("-") ? options : "-" + options
        let paths = sources.flatMap { $0.parts(",") }
        return try await lines(call, ["tar", flags, file] + (folder.map { ["-C", $0] } ?? []) + paths, cwd, user)
    }

    private static func unzip(
        _ call: CallContext, file: String, folder: String, excludes: [String], options: String, user: String?, ignored: ValueMap
    ) async throws -> [String] {
        let words = try ["unzip"] + ShellWords.split(options) + [file, "-d", folder] + (excludes.isEmpty ? [] : ["-x"] + excludes)
        return try await lines(call, words, nil, user)
    }

    private static func zip(_ call: CallContext, file: String, sources: [String], cwd: String?, user: String?, ignored: ValueMap) async throws -> [String] {
        try await lines(call, ["zip", "-r", file] + sources.flatMap { $0.parts(",") }, cwd, user)
    }

    private static func list(_ call: CallContext, name: String, format: String?, ignored: ValueMap) async throws -> [String] {
        try await Archive(call: call, path: name, format: format ?? Archive.format(of: name) ?? "tar").entries()
    }
}

/// One archive on the host.
struct Archive: Sendable {
    let call: CallContext
    let path: String
    /// tar, zip or rar.
    let format: String

    static func format(of name: String) -> String? {
        let name = name.lowercased().parts("?")[0]
        if [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz", ".tar.lzma", ".tlz", ".tar.zst"].contains(where: { name.hasSuffix($0) }) { return "tar" }
        if name.hasSuffix(".zip") || name.hasSuffix(".war") { return "zip" }
        return name.hasSuffix(".rar") ? "rar" : nil
    }

    func entries() async throws -> [String] {
        let words = format == "zip" ? ["unzip", "-Z1", path] : ["tar", "-tf", path]
        let result = try await call.host.run(Command(words))
        guard result.succeeded else { throw ExecutionError("Failed to list contents of \(path): \(result.errorText)") }
        return result.lines.filter { !$0.isEmpty }
    }

    /// Unpacks into a folder; entries that would leave it are refused by both programs.
    func extract(to folder: String, user: String?, options: [String], overwrite: Bool) async throws {
        let words: [String]
        if format == "zip" {
            words = ["unzip"] + options + [overwrite ? "-o" : "-n", path, "-d", folder]
        } else {
            words = ["tar", "-x"] + options + ["-f", path, "-C", folder]
        }
        var command = Command(words)
        command.user = user
        let result = try await call.host.run(command)
        guard result.succeeded else { throw ExecutionError("Failed to extract \(path): \(result.errorText)") }
    }
}
