import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The new text of a file and how it differs, worked out before anything is written.
struct FileEdit: Sendable {
    let old: [UInt8]
    var new: [UInt8]
    /// The lines that are compared where they are others than those of the texts; an element may hold several.
    private var oldLines: [String]?
    private var newLines: [String]?

    var isChanged: Bool { old != new }
    var difference: String {
        UnifiedDiff.lines(oldLines ?? TextContent.lines(old), newLines ?? TextContent.lines(new)).joined()
    }

    init(old: [UInt8], new: [UInt8]) {
        self.old = old
        self.new = new
    }

    init(old: String, new: String) { self.init(old: Array(old.utf8), new: Array(new.utf8)) }

    init(old: [UInt8], new: [UInt8]? = nil, oldLines: [String], newLines: [String]) {
        self.init(old: old, new: new ?? newLines.flatMap { Array($0.utf8) })
        self.oldLines = oldLines
        self.newLines = newLines
    }

    /// How Salt puts the new text in the place of the old one.
    enum Placement {
        /// Into the file that the path leads to; its other names see it.
        case inside
        /// Beside it, with the links in the path resolved.
        case renamed
        /// Beside the path itself: a link becomes a file.
        case overLink
    }

    /// Writes the new text, keeping owner and mode.
    func write(_ path: String, _ placement: Placement, _ host: any Host) async throws {
        let target = placement == .overLink ? path : try await host.resolved(path)
        guard let status = try await host.status(target) else { return try await host.write(target, new, FileAttributes()) }
        if placement == .inside, status.linkCount > 1 { return try await host.overwrite(target, new) }
        let attributes = FileAttributes(mode: status.mode, userID: status.userID, groupID: status.groupID)
        try await host.write(target, new, attributes)
    }
}

extension FileEdit {
    /// Puts a content in the place of a file as a whole, streamed where it lies in a file.
    func replace(_ path: String, with content: FileContent, _ host: any Host) async throws {
        let target = try await host.resolved(path)
        if let status = try await host.status(target), status.linkCount > 1 {
            return try await host.overwrite(target, try await content.read(host))
        }
        try await content.write(to: target, FileAttributes(), host)
    }
}

/// Reads files that are edited, and refuses what is no text.
enum EditedFile {
    /// The content for patterns; the path in messages is the real one.
    static func bytes(_ path: String, _ host: any Host) async throws -> [UInt8] {
        let real = try await host.resolved(path)
        let isText = try await host.isDirectory(real) ? false : TextContent.isText(try await host.head(real, 512))
        guard isText else { throw BinaryFileError(description: "Cannot perform string replacements on a binary file: \(real)") }
        return try await read(real, host)
    }

    /// The content, with Python's words where it cannot be read.
    static func read(_ path: String, _ host: any Host) async throws -> [UInt8] {
        do {
            return try await host.read(path)
        } catch let error as HostError where error.code == .isADirectory {
            throw ExecutionError("[Errno 21] Is a directory: '\(path)'")
        }
    }
}

/// A file that is no text where a text is edited.
struct BinaryFileError: Error, CustomStringConvertible {
    let description: String
}
