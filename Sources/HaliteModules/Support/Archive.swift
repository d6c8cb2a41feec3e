import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One archive on the host, read and unpacked by the host's programs.
struct Archive: Sendable {
    let call: CallContext
    let path: String
    /// tar or zip.
    let format: String

    /// What is in an archive.
    struct Contents {
        /// In the archive's order, folders with a slash.
        var names: [String] = []
        var folders: [String] = []
        var files: [String] = []
        var links: [String] = []
        var isEncrypted = false

        var topFolders: [String] {
            var found = folders.filter { $0.utf8.count { $0 == UInt8(ascii: "/") } == 1 }
            // An archive need not list the folder that all of it is in.
            let all = folders + files + links
            if let first = all.first, let slash = first.firstIndex(of: "/") {
                let top = String(first[...slash])
                if all.allSatisfy({ $0.hasPrefix(top) }), !found.contains(top) { found.append(top) }
            }
            return found
        }
        var topFiles: [String] { files.filter { !$0.contains("/") } }
        var topLinks: [String] { links.filter { !$0.contains("/") } }

        var value: Value {
            [
                "dirs": folders.value, "files": files.value, "links": links.value, "top_level_dirs": topFolders.value,
                "top_level_files": topFiles.value, "top_level_links": topLinks.value,
            ]
        }

        /// The contents as they are below the given number of folders.
        func stripped(_ count: Int) -> Contents {
            func strip(_ paths: [String]) -> [String] {
                paths.compactMap { path in
                    let parts = path.parts("/", maxSplits: count)
                    return parts.count > count && !parts[count].isEmpty ? parts[count] : nil
                }
            }
            var contents = self
            (contents.folders, contents.files, contents.links) = (strip(folders).sorted(), strip(files).sorted(), strip(links).sorted())
            return contents
        }
    }

    static let formats = ["tar", "rar", "zip"]

    static func format(of name: String) -> String? {
        let name = name.lowercased().parts("?")[0]
        let tars = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz", ".tar.lzma", ".tlz", ".tar.zst"]
        if tars.contains(where: { name.hasSuffix($0) }) { return "tar" }
        if name.hasSuffix(".zip") || name.hasSuffix(".war") { return "zip" }
        return name.hasSuffix(".rar") ? "rar" : nil
    }

    /// Lists the archive. The kind of each entry stands first in its long line, its name is taken from the short list:
    /// the columns between them differ from one program to another.
    func contents() async throws -> Contents {
        guard try await call.host.isFile(path) else {
            throw ExecutionError("Failed to list contents of \(path): [Errno 2] No such file or directory: '\(path)'. \(location)")
        }
        let isZip = format == "zip"
        let short = try await run(isZip ? ["unzip", "-Z1", path] : ["tar", "-tf", path])
        let long = try await run(isZip ? ["unzip", "-Z", "-s", path, "*"] : ["tar", "-tvf", path])
        guard short.succeeded, long.succeeded else { throw ExecutionError(unreadable) }
        var contents = Contents()
        for (name, line) in zip(short.lines, long.lines) where !name.isEmpty {
            contents.names.append(name)
            if line.hasPrefix("l") {
                contents.links.append(name)
            } else if name.hasSuffix("/") || line.hasPrefix("d") {
                contents.folders.append(name.hasSuffix("/") ? name : name + "/")
            } else {
                contents.files.append(name)
                let words = line.words()
                if isZip, words.count > 4, words[4].first?.isUppercase == true { contents.isEncrypted = true }
            }
            // Archives made on Windows list files without their folders.
            if isZip, let slash = name.lastIndex(of: "/") {
                let folder = String(name[...slash])
                if !contents.folders.contains(folder) { contents.folders.append(folder) }
            }
        }
        contents.folders.sort()
        contents.files.sort()
        contents.links.sort()
        return contents
    }

    private var location: String { "Additional info follows:\n\narchive location:\n    \(path)" }
    private var unreadable: String {
        if format == "zip" { return "\(path) is not a ZIP file. \(location)" }
        return "Unable to list contents of \(path). If this is an XZ-compressed tar archive, install XZ Utils to enable listing its contents. If it is compressed using something other than XZ, it may be necessary to specify CLI options to decompress the archive. See the documentation for details. \(location)"
    }

    private func run(_ words: [String], in folder: String? = nil) async throws -> CommandResult {
        var command = Command(words)
        command.workingDirectory = folder
        // Otherwise tar writes names outside ASCII with escapes.
        command.environment["LC_ALL"] = "C.UTF-8"
        return try await call.host.run(command)
    }

    /// Unpacks into a folder; entries that would leave it are refused by both programs.
    ///
    /// - Returns: what the program says.
    func extract(to folder: String, options: [String]) async throws -> CommandResult {
        guard format == "tar" else { return try await run(["unzip", "-o"] + options + [path, "-d", folder]) }
        var short = "xv"
        var long: [String] = []
        for (index, option) in options.filter({ !["v", "-v", "--verbose"].contains($0) }).enumerated() {
            // Bare letters in front belong to tar's first word.
            if index == 0, !option.hasPrefix("-") { short += option.filter { $0 != "x" && $0 != "f" } } else { long.append(option) }
        }
        return try await run(["tar", short] + long + ["-f", path], in: folder)
    }
}
