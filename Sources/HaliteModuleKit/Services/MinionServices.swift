import HaliteCore
import HaliteHost
import HaliteValue

/// What surrounds a function on a minion. The minion, `call --local`, the master's own state runs and the tests
/// each have one.
package protocol MinionServices: Sendable {
    var id: String { get }
    /// The configuration as users wrote it, for `config.get` and the `opts` of templates.
    var options: ValueMap { get }
    var registry: ModuleRegistry { get }
    var files: any FileClient { get }
    var templates: any TemplateService { get }
    /// Nil without a master.
    var master: (any MasterLink)? { get }
    /// A folder in which state runs of the host see each other; nil where they may run side by side.
    var stateRunFolder: String? { get }

    /// Calls a function by its full name; unknown names are an `UnknownFunctionError`.
    func call(_ function: String, _ arguments: Arguments, in context: CallContext) async throws -> Value
    /// Fetches or compiles the pillar anew and keeps it. Returns it.
    func refreshPillar(_ context: CallContext) async throws -> ValueMap
    /// Compiles a pillar for one state run, with another environment or with data of the command line; keeps nothing.
    func compilePillar(saltenv: String, pillarenv: String?, override: ValueMap, in context: CallContext) async throws -> ValueMap
    /// Collects the grains anew and keeps them. Returns them.
    func refreshGrains(_ context: CallContext) async throws -> ValueMap
    /// Looks anew which modules the host offers, after a package may have brought what one needs.
    func refreshModules(_ context: CallContext) async
    /// The jobs that run now, in the form of `saltutil.running`.
    func runningJobs() async -> [ValueMap]
    /// Ends a running job; false when there is none with this id.
    func signalJob(_ jobID: String, signal: Int) async -> Bool
}

extension MinionServices {
    package func refreshModules(_ context: CallContext) async {}

    package var stateRunFolder: String? { nil }

    /// Without a compiler at hand the pillar of the call stands, with the given data over it.
    package func compilePillar(
        saltenv: String, pillarenv: String?, override: ValueMap, in context: CallContext
    ) async throws -> ValueMap {
        var pillar = context.pillar
        for (key, value) in override { pillar[key] = value }
        return pillar
    }
}

/// Reads files that states name by `salt://`.
package protocol FileClient: Sendable {
    /// Makes the file readable on this machine and returns where; nil when there is no such file.
    /// - Parameter path: as users write it, without `salt://`; never outside the roots.
    func fetch(_ path: String, saltenv: String) async throws -> CachedFile?
    /// All paths of an environment, sorted.
    func list(saltenv: String) async throws -> [String]
    /// Directories that hold no file, sorted.
    func emptyDirectories(saltenv: String) async throws -> [String]
    func environments() async throws -> [String]
    /// All directories of an environment, sorted.
    func directories(saltenv: String) async throws -> [String]
    /// The symbolic links of an environment with what they point to.
    func links(saltenv: String) async throws -> ValueMap
}

extension FileClient {
    /// Those that hold files, and the empty ones.
    package func directories(saltenv: String) async throws -> [String] {
        var found: Set<String> = []
        for path in try await list(saltenv: saltenv) + emptyDirectories(saltenv: saltenv).map({ $0 + "/" }) {
            var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            while !parts.isEmpty {
                found.insert(parts.joined(separator: "/"))
                parts = parts.dropLast()
            }
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func links(saltenv: String) async throws -> ValueMap { [:] }
}

/// A fetched file.
package struct CachedFile: Sendable {
    package let localPath: String
    /// Permission bits on the source, for `mode: keep`.
    package let mode: Int
    package init(localPath: String, mode: Int) {
        self.localPath = localPath
        self.mode = mode
    }
}

/// Renders templates with the minion's data.
package protocol TemplateService: Sendable {
    /// - Parameters:
    ///   - source: the text of the template.
    ///   - name: its path for messages, such as `salt://web/site.conf.j2`.
    ///   - context: variables beside `salt`, `grains`, `pillar`, `opts`, `saltenv`.
    func render(source: String, name: String, engine: String, values: ValueMap, in context: CallContext) async throws -> String
    /// Runs a renderer pipeline (`jinja|yaml` when the text names none) and returns the data.
    func renderData(source: String, name: String, pipeline: String?, values: ValueMap, in context: CallContext) async throws -> Value
    /// Reads data in a format such as YAML or JSON; a `TemplateFailure` has the parser's complaint as Salt's text.
    func parse(_ text: String, format: String, name: String, in context: CallContext) async throws -> Value
    /// Writes data as Salt's YAML serializer does, without a line feed at the end; the options are those of `yaml.dump`.
    func yaml(_ data: Value, options: ValueMap) throws -> String
}

extension TemplateService {
    package func parse(_ text: String, format: String, name: String, in context: CallContext) async throws -> Value {
        try await renderData(source: text, name: name, pipeline: format, values: [:], in: context)
    }

    /// JSON is YAML too.
    package func yaml(_ data: Value, options: ValueMap) throws -> String { data.json(indent: 2) }
}

/// What a minion asks of its master.
package protocol MasterLink: Sendable {
    func fire(tag: String, data: ValueMap) async throws
    func sendMine(_ data: ValueMap, clear: Bool) async throws
    func mine(target: String, function: String, targetType: String) async throws -> ValueMap
    func deleteMine(function: String?) async throws
    func pillar(grains: ValueMap, saltenv: String, pillarenv: String?, override: ValueMap) async throws -> ValueMap
}

/// A function that does not exist on this minion.
package struct UnknownFunctionError: Error, CustomStringConvertible, Equatable {
    package let function: String
    package let nearest: String?

    package init(_ function: String, nearest: String?) {
        self.function = function
        self.nearest = nearest
    }

    /// Begins with Salt's words, which scripts look for.
    package var description: String { "'\(function)' is not available." + (nearest.map { " Did you mean '\($0)'?" } ?? "") }
}
