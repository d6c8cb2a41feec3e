import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Archives and compressed files.
package struct ArchiveModule: ExecutionModule {
    package static let name = "archive"
    package static let summary = "Archives and compressed files."

    private static let user: Parameter<String?> = .optional("runas", nil, "The user to run as.")
    private static let folder: Parameter<String?> = .optional("cwd", nil, "The working directory.")
    private static let more: Parameter<ValueMap> = .keywords("kwargs", "Ignored.")
    private static let file: Parameter<String> = .required("zip_file", "The archive.")

    package static let functions: [Function] = [
        Function("tar", "Run tar and return what it says.", .required("options", "Such as xzf."), .required("tarfile", "The archive."), .optional("sources", [String](), "What to pack."), .optional("dest", nil as String?, "The folder to unpack into."), folder, user, more, body: tar),
        Function("cmd_unzip", "Unpack a zip archive and return what unzip says.", file, .required("dest", "The folder."), .optional("excludes", [String](), "What to leave out."), .optional("options", "", "Options of unzip."), user, more, body: unzipSaying),
        Function("unzip", "Unpack a zip archive and return the names in it.", file, .required("dest", "The folder."), .optional("excludes", [String](), "What to leave out."), .optional("options", "", "Without effect."), user, more, body: unzip),
        Function("cmd_zip", "Pack files into a zip archive and return what zip says.", file, .required("sources", "What to pack."), folder, user, more, body: zipSaying),
        Function("zip", "Pack files into a zip archive and return the names in it.", file, .required("sources", "What to pack."), folder, user, more, body: zip),
        Function("gzip", "Compress a file.", .required("sourcefile", "The file."), user, .optional("options", "", "Options of gzip."), more, body: gzip),
        Function("gunzip", "Expand a file.", .required("gzipfile", "The file."), user, .optional("options", "", "Options of gunzip."), more, body: gunzip),
        Function("list", "Return what is in an archive.", .required("name", "The archive."), .optional("archive_format", nil as String?, "tar or zip; told by the name."), .optional("strip_components", 0, "How many folders to take off the names."), .optional("verbose", false, "Folders, files and links apart."), more, body: list),
        Function("is_encrypted", "Tell whether a zip archive needs a password.", .required("name", "The archive."), more, body: { (call: CallContext, name: String, _: ValueMap) async throws -> Bool in try await Archive(call: call, path: place(call, name), format: "zip").contents().isEncrypted }),
    ]

    private static func lines(_ call: CallContext, _ words: [String], _ folder: String?, _ user: String?, failing: Bool = false) async throws -> [String] {
        var command = Command(words)
        (command.workingDirectory, command.user, command.mergesErrors) = (folder, user, true)
        let result = try await call.host.run(command)
        call.outcome.returnCode = result.exitCode
        if failing, !result.succeeded { throw ExecutionError(result.text) }
        return PythonLines.split(result.text)
    }

    private static func tar(
        _ call: CallContext, options: String, file: String, sources: [String], target: String?, folder: String?, user: String?, more: ValueMap
    ) async throws -> [String] {
        if options.isEmpty { throw ExecutionError("Tar options can not be empty") }
        return try await lines(call, ["tar"] + options.words() + [file] + (target.map { ["-C", $0] } ?? []) + paths(sources), folder, user)
    }

    /// Several sources may stand in one text, with commas.
    private static func paths(_ sources: [String]) -> [String] { sources.flatMap { $0.parts(",") }.map { $0.stripped() } }

    private static func unzipSaying(
        _ call: CallContext, file: String, target: String, excludes: [String], options: String, user: String?, more: ValueMap
    ) async throws -> [String] {
        let words = try ["unzip"] + ShellWords.split(options) + [file, "-d", target] + (excludes.isEmpty ? [] : ["-x"] + excludes)
        return try await lines(call, words, nil, user, failing: true)
    }

    private static func unzip(
        _ call: CallContext, file: String, target: String, excludes: [String], options: String, user: String?, more: ValueMap
    ) async throws -> [String] {
        let excludes = paths(excludes)
        let names = try await Archive(call: call, path: file, format: "zip").contents().names.filter { !excludes.contains($0) }
        _ = try await lines(call, ["unzip", "-o", file, "-d", target] + (excludes.isEmpty ? [] : ["-x"] + excludes), nil, user, failing: true)
        return names
    }

    private static func zipSaying(_ call: CallContext, file: String, sources: [String], folder: String?, user: String?, more: ValueMap) async throws -> [String] {
        try await lines(call, ["zip", "-r", file] + paths(sources), folder, user)
    }

    private static func zip(_ call: CallContext, file: String, sources: [String], folder: String?, user: String?, more: ValueMap) async throws -> [String] {
        let sources = paths(sources)
        if folder == nil, !sources.allSatisfy({ $0.hasPrefix("/") }) { throw ExecutionError("Relative paths require the 'cwd' parameter") }
        if let folder, !folder.hasPrefix("/") { throw ExecutionError("cwd must be absolute") }
        // Salt writes the archive anew, where zip would add to it.
        if try await call.host.exists(file) { try await call.host.remove(file) }
        _ = try await lines(call, ["zip", "-q", "-r", file] + sources, folder, user, failing: true)
        return try await Archive(call: call, path: file, format: "zip").contents().names
    }

    private static func gzip(_ call: CallContext, path: String, user: String?, options: String, more: ValueMap) async throws -> [String] {
        try await lines(call, ["gzip"] + options.words() + [path], nil, user)
    }

    private static func gunzip(_ call: CallContext, path: String, user: String?, options: String, more: ValueMap) async throws -> [String] {
        try await lines(call, ["gunzip"] + options.words() + [path], nil, user)
    }

    private static func list(_ call: CallContext, name: String, format: String?, count: Int, verbose: Bool, more: ValueMap) async throws -> Value {
        guard let format = format ?? Archive.format(of: name) else {
            throw ExecutionError("Unable to guess archive format, please pass an 'archive_format' argument.")
        }
        guard ["tar", "zip"].contains(format) else { throw ExecutionError("Unsupported archive format '\(format)'") }
        var contents = try await Archive(call: call, path: place(call, name), format: format).contents()
        if count > 0 { contents = contents.stripped(count) }
        return verbose ? contents.value : (contents.folders + contents.files + contents.links).sorted().value
    }

    /// Where an archive is on the host, fetched from the file server when it is there.
    private static func place(_ call: CallContext, _ name: String) async throws -> String {
        if name.hasPrefix("/") { return name }
        let cached = try await call.call("cp.cache_file", [.string(name)])
        guard let path = cached.stringValue, !path.isEmpty else { throw ExecutionError("Failed to cache \(name)") }
        return path
    }
}
