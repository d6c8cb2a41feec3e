import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What folders of the file server come to on the host: files, folders and links with where they come from.
struct RecursiveLayout: Sendable {
    struct Link: Sendable {
        let path: String
        /// As it is written in the link.
        let target: String
        /// Where it leads on the host.
        let place: String
    }

    struct Options: Sendable {
        var include: [String] = []
        var exclude: [String] = []
        var maxDepth: Int?
        var includesEmpty = false
        var keepsLinks = false
        var merges = false
    }

    /// Destination and source, in the order of the sources' paths.
    private(set) var files: [(path: String, source: String)] = []
    private(set) var folders: Set<String> = []
    private(set) var links: [Link] = []
    private(set) var kept: Set<String> = []
    private var filePaths: Set<String> = []
    private var linkTargets: [String: String] = [:]
    private var allFolders: Set<String> = []
    private var ignored: Set<String> = []

    private let root: String
    private let options: Options

    private init(_ root: String, _ options: Options) {
        self.root = root
        self.options = options
    }

    // MARK: - Making one

    static func make(_ root: String, _ sources: [Value], _ options: Options, _ state: StateContext) async throws -> RecursiveLayout {
        let places = try await existing(sources, state)
        var layout = RecursiveLayout(root, options)
        for place in options.merges ? places : Array(places.prefix(1)) { try await layout.add(place, state) }
        return layout
    }

    /// What a `file.recurse` of the run keeps; nothing when its sources are not there.
    static func kept(_ low: Value, _ state: StateContext) async throws -> Set<String> {
        var options = Options()
        options.include = low["include_pat"].texts
        options.exclude = low["exclude_pat"].texts
        options.maxDepth = low["maxdepth"]?.intValue
        options.includesEmpty = low["include_empty"]?.isTruthy ?? false
        options.keepsLinks = low["keep_symlinks"]?.isTruthy ?? false
        options.merges = low["merge"]?.isTruthy ?? false
        let source = low["source"] ?? .null
        do {
            return try await make(low["name"]?.pythonString ?? "", source.listValue ?? [source], options, state).kept
        } catch is ExecutionError {
            return []
        }
    }

    private typealias Place = (path: String, saltenv: String)

    private static func existing(_ sources: [Value], _ state: StateContext) async throws -> [Place] {
        let reader = SourceReader(call: state.call, saltenv: state.call.saltenv)
        let texts = sources.map { source -> String in
            var text = source.pythonString
            while text.hasSuffix("/") { text.removeLast() }
            return text
        }
        for text in texts where !text.hasPrefix("salt://") { throw ExecutionError("Invalid source '\(text)' (must be a salt:// URI)") }
        var found: [Place] = []
        for text in texts {
            let place = reader.saltPath(text)
            // The whole of an environment is no folder of it for Salt.
            if place.path.isEmpty { continue }
            let prefix = place.path + "/"
            let files = try await state.call.services.files.list(saltenv: place.saltenv)
            let folders = try await state.call.services.files.emptyDirectories(saltenv: place.saltenv)
            if files.contains(where: { $0.hasPrefix(prefix) }) || folders.contains(where: { $0 == place.path || $0.hasPrefix(prefix) }) {
                found.append(place)
            }
        }
        if found.isEmpty { throw ExecutionError("none of the specified sources were found") }
        return found
    }

    // MARK: - Adding a source

    private mutating func add(_ place: Place, _ state: StateContext) async throws {
        let prefix = place.path.isEmpty ? "" : place.path + "/"
        var names = try await state.call.services.files.list(saltenv: place.saltenv).filter { $0.hasPrefix(prefix) }
        if options.keepsLinks { names = try await addLinks(names, place, prefix, state) }
        for name in names {
            guard let relative = try admitted(name, prefix) else { continue }
            let destination = Path.join(root, relative)
            if isTaken(destination) { continue }
            kept.insert(destination)
            if let parent = Path.parent(destination) { folders.insert(parent) }
            var parent = Path.parent(destination)
            while let next = parent {
                allFolders.insert(next)
                parent = Path.parent(next)
            }
            filePaths.insert(destination)
            files.append((destination, "salt://\(name)" + (place.saltenv == state.call.saltenv ? "" : "?saltenv=\(place.saltenv)")))
        }
        guard options.includesEmpty else { return }
        for folder in try await FileServerFolders.all(below: place.path, saltenv: place.saltenv, state.call) {
            guard let relative = try admitted(folder, prefix) else { continue }
            let destination = Path.join(root, relative)
            if ignored.contains(destination) || isTaken(destination) { continue }
            folders.insert(destination)
            allFolders.insert(destination)
            kept.insert(destination)
        }
    }

    private mutating func addLinks(_ names: [String], _ place: Place, _ prefix: String, _ state: StateContext) async throws -> [String] {
        var names = names
        for (path, target) in try await state.call.services.files.links(saltenv: place.saltenv) {
            let (name, target) = (path.pythonString, target.pythonString)
            guard name.hasPrefix(prefix) else { continue }
            let before = names.count
            names.removeAll { $0 == name }
            let hadItself = names.count != before
            names.removeAll { $0.hasPrefix(name + "/") }
            let leadsToFolder = names.count != before - (hadItself ? 1 : 0)
            guard let relative = try admitted(name, prefix) else { continue }
            let destination = Path.join(root, relative)
            if isTaken(destination) { continue }
            let end = Path.normalised(Path.join(Path.parent(destination) ?? "/", target))
            if leadsToFolder, filePaths.contains(end) {
                ignored.insert(destination)
                continue
            }
            if !leadsToFolder, folders.contains(end) { continue }
            links.append(Link(path: destination, target: target, place: end))
            linkTargets[destination] = target
            kept.insert(destination)
        }
        return names
    }

    /// The path below the source, when the options let it pass.
    private func admitted(_ full: String, _ prefix: String) throws -> String? {
        guard full.hasPrefix(prefix) else { return nil }
        let relative = String(full.dropFirst(prefix.count))
        if relative.isEmpty || ("/" + relative + "/").contains("/../") { return nil }
        if let most = options.maxDepth, relative.count(where: { $0 == "/" }) > most { return nil }
        return try PathFilter(include: options.include, exclude: options.exclude).admits(relative) ? relative : nil
    }

    /// Whether an earlier source has put something there or in its way.
    private func isTaken(_ destination: String) -> Bool {
        if allFolders.contains(destination) { return true }
        var path: String? = destination
        while let next = path {
            if filePaths.contains(next) || linkTargets[next] != nil { return true }
            path = Path.parent(next)
        }
        return false
    }
}

extension Value? {
    /// One text or a list of them.
    fileprivate var texts: [String] {
        guard let self, self.isTruthy else { return [] }
        return (self.listValue ?? [self]).map(\.pythonString)
    }
}

/// Folders of the file server that hold files or nothing at all.
enum FileServerFolders {
    static func all(below path: String, saltenv: String, _ call: CallContext) async throws -> [String] {
        var found: Set<String> = []
        for entry in try await call.services.files.list(saltenv: saltenv) { insertParents(of: entry, into: &found) }
        for folder in try await call.services.files.emptyDirectories(saltenv: saltenv) {
            found.insert(folder)
            insertParents(of: folder, into: &found)
        }
        let prefix = path.isEmpty ? "" : path + "/"
        return found.filter { $0.hasPrefix(prefix) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func insertParents(of path: String, into found: inout Set<String>) {
        var parts = path.split(separator: "/")
        while parts.count > 1 {
            parts.removeLast()
            if !found.insert(parts.joined(separator: "/")).inserted { return }
        }
    }
}
