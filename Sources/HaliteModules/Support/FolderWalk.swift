import HaliteCore
import HaliteHost

/// One folder on the way of a walk: its files and its folders, links among what they are called.
struct FolderVisit: Sendable {
    let path: String
    let folders: [String]
    let files: [String]
}

/// Walks trees from the top; links are never followed.
enum FolderWalk {
    /// - Parameter depth: how far below the top to go; nil goes everywhere, 0 nowhere.
    static func visits(_ top: String, _ host: any Host, depth: Int? = nil) async throws -> [FolderVisit] {
        if let depth, depth <= 0 { return [] }
        guard try await host.isDirectory(top) else { return [] }
        var folders: [String] = []
        var files: [String] = []
        var real: [String] = []
        for name in try await host.list(top) {
            let path = Path.join(top, name)
            // A link to a folder counts as a folder, and is not entered.
            if try await host.isDirectory(path) {
                folders.append(name)
                if try await !host.isLink(path) { real.append(path) }
            } else {
                files.append(name)
            }
        }
        var found = [FolderVisit(path: top, folders: folders, files: files)]
        for path in real { found += try await visits(path, host, depth: depth.map { $0 - 1 }) }
        return found
    }

    static func isInside(_ path: String, _ folder: String) -> Bool { path == folder || path.hasPrefix(folder == "/" ? "/" : folder + "/") }

    /// A path below a folder without the folder.
    static func relative(_ path: String, to folder: String) -> String {
        String(path.dropFirst(folder == "/" ? 1 : folder.utf8.count + 1))
    }
}
