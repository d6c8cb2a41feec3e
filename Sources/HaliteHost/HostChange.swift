/// What is about to be done to a host, as data: enough to write it down, to show it, and to save what would be lost.
package enum HostChange: Sendable, Equatable {
    case write(path: String, size: Int, FileAttributes)
    case put(path: String, localFile: String, FileAttributes)
    case copy(path: String, source: String, FileAttributes)
    case makeDirectory(path: String, FileAttributes)
    case makeLink(path: String, target: String)
    case link(path: String, existing: String)
    case rename(path: String, to: String)
    case remove(path: String)
    case setAttributes(path: String, FileAttributes)
    case touch(path: String)
    /// A program, whose effects nobody knows before it has run.
    case run(arguments: [String])

    /// The paths whose state it changes; empty for a program.
    package var paths: [String] {
        switch self {
        case .write(let path, _, _), .put(let path, _, _), .copy(let path, _, _), .makeDirectory(let path, _), .makeLink(let path, _),
            .link(let path, _),
            .remove(let path), .setAttributes(let path, _), .touch(let path):
            [path]
        case .rename(let path, let other): [path, other]
        case .run: []
        }
    }
}

/// A host that tells somebody of each change before it makes it. A listener that throws stops the change.
package struct JournaledHost: HostDecorator {
    package typealias Listener = @Sendable (HostChange) async throws -> Void

    package let base: any Host
    private let willPerform: Listener

    package init(base: any Host, willPerform: @escaping Listener) {
        self.base = base
        self.willPerform = willPerform
    }

    package func run(_ command: Command) async throws -> CommandResult {
        try await willPerform(.run(arguments: command.arguments))
        return try await base.run(command)
    }

    package func write(_ path: String, _ content: [UInt8], _ attributes: FileAttributes) async throws {
        try await willPerform(.write(path: path, size: content.count, attributes))
        try await base.write(path, content, attributes)
    }

    package func put(localFile: String, to path: String, _ attributes: FileAttributes) async throws {
        try await willPerform(.put(path: path, localFile: localFile, attributes))
        try await base.put(localFile: localFile, to: path, attributes)
    }

    package func copy(_ source: String, to path: String, _ attributes: FileAttributes) async throws {
        try await willPerform(.copy(path: path, source: source, attributes))
        try await base.copy(source, to: path, attributes)
    }

    package func overwrite(_ path: String, _ content: [UInt8]) async throws {
        try await willPerform(.write(path: path, size: content.count, FileAttributes()))
        try await base.overwrite(path, content)
    }

    package func makeDirectory(_ path: String, _ attributes: FileAttributes) async throws {
        try await willPerform(.makeDirectory(path: path, attributes))
        try await base.makeDirectory(path, attributes)
    }

    package func makeLink(_ path: String, to target: String) async throws {
        try await willPerform(.makeLink(path: path, target: target))
        try await base.makeLink(path, to: target)
    }

    package func link(_ path: String, to existing: String) async throws {
        try await willPerform(.link(path: path, existing: existing))
        try await base.link(path, to: existing)
    }

    package func rename(_ path: String, to other: String) async throws {
        try await willPerform(.rename(path: path, to: other))
        try await base.rename(path, to: other)
    }

    package func remove(_ path: String) async throws {
        try await willPerform(.remove(path: path))
        try await base.remove(path)
    }

    package func setAttributes(_ path: String, _ attributes: FileAttributes, followLinks: Bool) async throws {
        try await willPerform(.setAttributes(path: path, attributes))
        try await base.setAttributes(path, attributes, followLinks: followLinks)
    }

    package func touch(_ path: String, accessTime: Double?, modificationTime: Double?) async throws {
        try await willPerform(.touch(path: path))
        try await base.touch(path, accessTime: accessTime, modificationTime: modificationTime)
    }
}
