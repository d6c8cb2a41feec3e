import HaliteJinja
import HaliteValue

/// Finds the templates of one rendering in the file roots, and keeps what Salt calls `tpldir`.
///
/// Salt resolves `./` and `../` against the directory of the template that was loaded last, and shows that directory to what
/// is imported afterwards. `@unchecked Sendable`: one rendering runs on one thread.
final class SaltLoader: TemplateLoader, @unchecked Sendable {
    private let fetch: TemplateFetch
    private var directory: String?
    private var found: [String: TemplateSource] = [:]
    private(set) var importedNames: ValueMap = [:]

    init(fetch: @escaping TemplateFetch, directory: String?) {
        self.fetch = fetch
        self.directory = directory
    }

    func load(_ name: String, from parent: String?) throws -> TemplateSource? {
        if let known = found[name] { return known }
        let isRelative = ["..", "."].contains(name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).first ?? "")
        var path = name.hasPrefix("salt://") ? String(name.dropFirst(7)) : name
        if isRelative {
            guard let directory else { return nil }
            path = PathText.normalized(directory + "/" + path)
            if path == ".." || path.hasPrefix("../") { return nil }
        }
        enter(path, isRelative ? name : path, keepsDirectory: isRelative)
        guard let source = path.hasPrefix("/") ? try local(path) ?? fetch(path) : try fetch(path) else { return nil }
        found[name] = source
        return source
    }

    /// Where a template of that name was found.
    func source(of name: String) -> TemplateSource? { found[name] }

    private func enter(_ path: String, _ file: String, keepsDirectory: Bool) {
        if !keepsDirectory || directory == nil {
            directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        }
        let shown = directory ?? ""
        importedNames = [
            "tplfile": .string(file), "tpldir": .string(shown.isEmpty ? "." : shown),
            "tpldot": .string(PythonSplit.parts(shown, "/", limit: -1).joined(separator: ".")),
        ]
        if shown.isEmpty { directory = "." }
    }

    /// A file of this machine, named by its whole path.
    private func local(_ path: String) throws -> TemplateSource? {
        guard let bytes = try? FileFilters.contents(path) else { return nil }
        return TemplateSource(text: try SaltFilter.decoded(bytes), path: path)
    }
}

/// The names that a template knows of its own place.
package enum TemplatePlace {
    /// - Parameters:
    ///   - sls: the dotted name of the SLS, or the path of a template that belongs to none.
    ///   - path: the file, if it is known.
    package static func names(sls: String, path: String?) -> ValueMap {
        var directory = sls.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "/")
        while directory.hasSuffix("/") { directory.removeLast() }
        var names: ValueMap = [:]
        if let path, !path.isEmpty {
            var file = posix(path)
            if sls.isEmpty {
                file = String(file.split(separator: "/", omittingEmptySubsequences: false).last ?? "")
            } else if file.hasSuffix("\(directory).sls") {
                file = "\(directory).sls"
            } else if file.hasSuffix("\(directory)/init.sls") {
                file = "\(directory)/init.sls"
            } else {
                return ["tplpath": .string(path), "tplfile": .string(sls), "tpldir": .string(parent(posix(sls)) ?? ".")]
            }
            directory = parent(file) ?? ""
            names["tplpath"] = .string(path)
            names["tplfile"] = .string(file)
            names["tpldir"] = .string(directory.isEmpty ? "." : directory)
            names["tpldot"] = .string(joined(directory, "."))
        }
        names["slspath"] = .string(directory)
        names["slsdotpath"] = .string(joined(directory, "."))
        names["slscolonpath"] = .string(joined(directory, ":"))
        names["sls_path"] = .string(joined(directory, "_"))
        return names
    }

    private static func joined(_ path: String, _ separator: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).joined(separator: separator)
    }

    /// Nil where there is no slash.
    private static func parent(_ path: String) -> String? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A path without repeated slashes and lone dots, as `pathlib` writes it.
    private static func posix(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        let slashes = path.hasPrefix("//") && !path.hasPrefix("///") ? "//" : path.hasPrefix("/") ? "/" : ""
        let text = slashes + parts.joined(separator: "/")
        return text.isEmpty ? "." : text
    }
}
