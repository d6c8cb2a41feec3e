import Glibc
import HaliteJinja
import HaliteValue

/// What filters tell about files and accounts of this machine.
enum FileFilters {
    static let table: [String: JinjaFunction] = [
        "is_empty": SaltFilter.define("is_empty", "filename") { arguments, _ in
            // A number would be an open file, of which templates have none.
            if case .int = arguments.value(0) { return false }
            return .bool(status(try path(arguments.value(0))).map { $0.st_size == 0 } ?? false)
        },
        "is_text_file": SaltFilter.define("is_text", "fp_, blocksize=") { arguments, _ in
            guard let bytes = try? contents(path(arguments.value(0)), limit: try arguments.integer(1, default: 512)) else {
                return false
            }
            return .bool(!isBinary(bytes))
        },
        "is_bin_file": SaltFilter.define("is_binary", "path") { arguments, _ in
            let path = try path(arguments.value(0))
            guard let status = status(path), status.st_mode & S_IFMT == S_IFREG, let bytes = try? contents(path, limit: 2_048) else {
                return false
            }
            return .bool(isBinary(bytes))
        },
        "list_files": SaltFilter.define("list_files", "directory") { arguments, context in
            let directory = try path(arguments.value(0))
            var found = [directory]
            try walk(directory, into: &found, context, depth: 0)
            return .list(of: found.map { .string($0) })
        },
        "which": SaltFilter.define("which", "exe=") { arguments, _ in
            guard try arguments.value(0).isTrue() else { return .null }
            return which(try SaltFilter.text(arguments.value(0))).map { .string($0) } ?? .null
        },
        "get_uid": SaltFilter.define("get_uid", "user=") { arguments, _ in
            guard let user = arguments.given(0) else { return .int(Int(geteuid())) }
            guard let name = user.text else {
                throw JinjaError(.type, "getpwnam() argument must be str, not \(user.typeName)")
            }
            guard let entry = getpwnam(name) else { return .null }
            return .int(Int(entry.pointee.pw_uid))
        },
    ]

    private static func path(_ value: JinjaValue) throws -> String {
        switch value {
        case .string, .markup, .bytes: return try SaltFilter.text(value)
        default:
            throw JinjaError(
                .type, "stat: path should be string, bytes, os.PathLike or integer, not \(value.typeName)")
        }
    }

    private static func status(_ path: String) -> stat? {
        var result = stat()
        return stat(path, &result) == 0 ? result : nil
    }

    /// The bytes of a file; throws as Python does when it cannot be read.
    static func contents(_ path: String, limit: Int = .max) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < limit {
            let count = read(file, &buffer, min(buffer.count, limit - bytes.count))
            guard count >= 0 else { throw failure(path) }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count < 1 << 30 else { throw JinjaError(.memory, "the value would be larger than the limit") }
        }
        return bytes
    }

    private static func failure(_ path: String) -> JinjaError {
        let code = errno
        let kind: JinjaError.Kind =
            switch code {
            case ENOENT: "FileNotFoundError"
            case EACCES, EPERM: "PermissionError"
            case EISDIR: "IsADirectoryError"
            case ENOTDIR: "NotADirectoryError"
            default: "OSError"
            }
        return JinjaError(kind, "[Errno \(code)] \(String(cString: strerror(code))): \(path.quoted)")
    }

    /// More than three of ten bytes that no text has, or a zero.
    private static func isBinary(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return false }
        if bytes.contains(0) { return true }
        let isUTF8 = isText(bytes)
        let strange = bytes.count { byte in
            let plain = (32..<127).contains(byte) || [0x0A, 0x0D, 0x09, 0x0C, 0x08].contains(byte)
            return !plain && !(isUTF8 && (128..<255).contains(byte))
        }
        return Double(strange) / Double(bytes.count) > 0.3
    }

    /// Whether it is UTF-8 that may have been cut off at its end.
    private static func isText(_ bytes: [UInt8]) -> Bool {
        (0...min(3, bytes.count)).contains { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
    }

    private static func walk(_ directory: String, into found: inout [String], _ context: TemplateContext, depth: Int) throws {
        guard depth < 100, let handle = opendir(directory) else { return }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        closedir(handle)
        for name in names.sorted() {
            try context.state.step()
            let path = directory.hasSuffix("/") ? directory + name : directory + "/" + name
            found.append(path)
            var entry = stat()
            if lstat(path, &entry) == 0, entry.st_mode & S_IFMT == S_IFDIR { try walk(path, into: &found, context, depth: depth + 1) }
        }
    }

    private static func which(_ name: String) -> String? {
        func isExecutable(_ path: String) -> Bool {
            guard let status = status(path), status.st_mode & S_IFMT == S_IFREG else { return false }
            return access(path, X_OK) == 0
        }
        if isExecutable(name) { return name }
        var folders = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":", omittingEmptySubsequences: false).map(
            String.init)
        for folder in ["/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"] where !folders.contains(folder) {
            folders.append(folder)
        }
        let relative = String(PathText.normalized(name).drop { $0 == "/" })
        return folders.lazy.map { PathText.normalized(PathText.normalized($0) + "/" + relative) }.first(where: isExecutable)
    }
}
