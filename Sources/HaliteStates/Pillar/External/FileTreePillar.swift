import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `file_tree`: the files below `hosts/ID` and `nodegroups/NAME` of a folder; folders are dictionaries, files their contents.
struct FileTreePillar: ExternalPillar {
    static let name = "file_tree"

    private static let names = [
        "root_dir", "follow_dir_links", "debug", "keep_newline", "render_default", "renderer_blacklist", "renderer_whitelist", "template",
    ]
    /// What one file may hold: more is no pillar.
    private static let fileLimit = 16 << 20

    private let root: String
    private let followsLinks: Bool
    private let keepsNewline: Bool
    private let newlinePatterns: [GlobPattern]
    private let rendersFiles: Bool
    private let settings: ValueMap

    init(_ arguments: Value) throws {
        var settings = arguments.mapValue ?? [:]
        if let list = arguments.listValue {
            settings = ValueMap(zip(Self.names, list).map { (.string($0), $1) })
        } else if let text = arguments.stringValue {
            settings = ["root_dir": .string(text)]
        }
        for key in settings.keys.map(\.pythonString) where !Self.names.contains(key) {
            throw ExecutionError("unknown setting '\(key)'\(NearestName.hint(key, among: Self.names))")
        }
        self.settings = settings
        root = settings["root_dir"]?.stringValue ?? ""
        followsLinks = settings["follow_dir_links"]?.isTruthy ?? false
        rendersFiles = settings["template"] == true
        keepsNewline = settings["keep_newline"]?.boolValue ?? false
        newlinePatterns = (settings["keep_newline"]?.listValue ?? []).map { GlobPattern($0.pythonString) }
        if root.isEmpty { throw ExecutionError("expected 'root_dir', the folder of the tree") }
    }

    func compile(_ request: ExternalPillarRequest) async throws -> ValueMap {
        if let keep = settings["keep_newline"], keep.boolValue == nil, keep.listValue == nil {
            request.compiler.log("file_tree: keep_newline must be either True/False or a list of file globs. Skipping this ext_pillar for root_dir \(root)")
            return [:]
        }
        var pillar = ValueMap()
        for root in try folders(request) where try await LocalHost().isDirectory(root) {
            for group in try NodegroupsPillar.groups(of: request) {
                pillar = DictMerge.recurse(pillar, try await tree(Path.join(root, "nodegroups", group), request))
            }
            pillar = DictMerge.recurse(pillar, try await tree(Path.join(root, "hosts", request.minionID), request))
        }
        return pillar
    }

    /// A relative folder is looked for below the pillar roots of `pillarenv`.
    private func folders(_ request: ExternalPillarRequest) throws -> [String] {
        if root.hasPrefix("/") { return [root] }
        guard let pillarenv = request.pillarenv else {
            request.compiler.log("file_tree: root_dir is relative but pillarenv is not set")
            return []
        }
        let roots = request.options["pillar_roots"]?[pillarenv]
        var folders: [String] = []
        for folder in roots?.listValue ?? roots.map({ [$0] }) ?? [] {
            let path = Path.normalised(Path.join(folder.pythonString, root))
            if folders.last != path { folders.append(path) }
        }
        return folders
    }

    private func tree(_ top: String, _ request: ExternalPillarRequest) async throws -> ValueMap {
        guard try await LocalHost().isDirectory(top) else { return [:] }
        var entered: Set<Int> = []
        return try await folder(top, "", request, &entered)
    }

    /// - Parameter entered: the folders above, so that a ring of links ends.
    private func folder(
        _ path: String, _ prefix: String, _ request: ExternalPillarRequest, _ entered: inout Set<Int>
    ) async throws -> ValueMap {
        let host = LocalHost()
        guard let own = try await host.status(path), entered.insert(own.inode).inserted else { return [:] }
        var node = ValueMap()
        for name in try await host.list(path) {
            let full = Path.join(path, name)
            guard let status = try await host.status(full) else { continue }
            let relative = prefix.isEmpty ? name : prefix + "/" + name
            if status.kind == .directory {
                let isLink = try await host.isLink(full)
                node[name] = .map(isLink && !followsLinks ? [:] : try await folder(full, relative, request, &entered))
            } else if status.kind == .file {
                node[name] = try await content(full, relative, prefix, request)
            }
        }
        entered.remove(own.inode)
        return node
    }

    private func content(_ path: String, _ relative: String, _ prefix: String, _ request: ExternalPillarRequest) async throws -> Value {
        var bytes = try await LocalHost().read(path, limit: Self.fileLimit)
        // Salt joins the name to `.` for the files of the outermost folder.
        let name = prefix.isEmpty ? "./" + relative : relative
        let keeps = keepsNewline || newlinePatterns.contains { $0.matches(name) }
        if bytes.last == 0x0A, !keeps { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self) else { return .bytes(bytes) }
        guard rendersFiles else { return .string(text) }
        // Without `render_default` Salt renders what names its renderers itself, and makes nothing of other files.
        let pipeline = settings["render_default"]?.stringValue
        if pipeline == nil, !text.hasPrefix("#!") { return [:] }
        return try await request.context.services.templates.renderData(
            source: text, name: path, pipeline: pipeline, values: [:], in: request.context)
    }
}
