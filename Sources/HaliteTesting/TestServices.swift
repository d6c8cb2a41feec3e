import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue
import Synchronization

/// The surroundings of a module in a test: a registry, files in a folder, templates that replace `{{ name }}`.
package struct TestServices: MinionServices {
    package let id: String
    package let options: ValueMap
    package let registry: ModuleRegistry
    package let files: any FileClient
    package let templates: any TemplateService
    package let master: (any MasterLink)?

    package init(
        id: String = "minion", options: ValueMap = [:], registry: ModuleRegistry, files: any FileClient = FolderFileClient(nil),
        templates: any TemplateService = ReplacingTemplates(), master: (any MasterLink)? = nil
    ) {
        self.id = id
        self.options = options
        self.registry = registry
        self.files = files
        self.templates = templates
        self.master = master
    }

    package func call(_ function: String, _ arguments: Arguments, in context: CallContext) async throws -> Value {
        var context = context
        context.function = function
        return try await registry.function(function).call(context, arguments)
    }

    package func refreshPillar(_ context: CallContext) async throws -> ValueMap { context.pillar }
    package func refreshGrains(_ context: CallContext) async throws -> ValueMap { context.grains }
    package func runningJobs() async -> [ValueMap] { [] }
    package func signalJob(_ jobID: String, signal: Int) async -> Bool { false }

    /// Runs a state function as the engine does, with its arguments as they stand in an SLS.
    ///
    /// - Parameter memory: what the states of one run share; nothing else sees it when it is nil.
    package func state(
        _ function: String, _ arguments: ValueMap, host: any Host, grains: ValueMap = [:], pillar: ValueMap = [:],
        test: Bool = false, memory: RunMemory? = nil
    ) async throws -> StateResult {
        var call = CallContext(host: host, services: self, grains: grains, pillar: pillar, test: test)
        call.function = function
        call.isNested = true
        if let memory { call.memory = memory }
        let name = arguments["name"]?.pythonString ?? "id"
        guard let state = registry.states[function] else { throw UnknownFunctionError(function, nearest: nil) }
        let context = StateContext(call: call, name: name, id: name, sls: "test", low: arguments)
        return try await state.call(context, Arguments(keywords: arguments))
    }
}

/// Serves the files below a folder as `salt://`.
package struct FolderFileClient: FileClient {
    private let root: String?
    package init(_ root: String?) { self.root = root }

    package func fetch(_ path: String, saltenv: String) async throws -> CachedFile? {
        guard let root else { return nil }
        let full = Path.normalised(Path.join(root, path))
        guard full.hasPrefix(root), let status = try await LocalHost().status(full), status.kind == .file else { return nil }
        return CachedFile(localPath: full, mode: status.mode)
    }

    package func list(saltenv: String) async throws -> [String] { try await walk(directories: false) }
    package func emptyDirectories(saltenv: String) async throws -> [String] { try await walk(directories: true) }
    package func environments() async throws -> [String] { ["base"] }

    private func walk(directories: Bool) async throws -> [String] {
        guard let root else { return [] }
        var found: [String] = []
        func visit(_ path: String) async throws {
            let names = try await LocalHost().list(path)
            if names.isEmpty, directories { found.append(String(path.dropFirst(root.count + 1))) }
            for name in names {
                let child = Path.join(path, name)
                if try await LocalHost().isDirectory(child) {
                    try await visit(child)
                } else if !directories {
                    found.append(String(child.dropFirst(root.count + 1)))
                }
            }
        }
        try await visit(root)
        return found.sorted()
    }
}

/// A template engine for tests of modules: `{{ name }}` becomes the value; data are JSON.
package struct ReplacingTemplates: TemplateService {
    package init() {}

    package func render(
        source: String, name: String, engine: String, values: ValueMap, in context: CallContext
    ) async throws -> String {
        var text = source
        for (key, value) in values {
            text = text.split(separator: "{{ \(key.pythonString) }}", omittingEmptySubsequences: false).joined(separator: value.pythonString)
        }
        return text
    }

    package func renderData(
        source: String, name: String, pipeline: String?, values: ValueMap, in context: CallContext
    ) async throws -> Value {
        try Value(jsonText: source)
    }
}
