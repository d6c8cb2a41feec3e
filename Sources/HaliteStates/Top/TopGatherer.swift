import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Reads the top files of environments with the files that they include.
struct TopGatherer {
    /// The contents of one environment's top files; none when it has no top file.
    struct Tops {
        let saltenv: String
        var contents: [ValueMap]
    }

    let files: any FileClient
    /// The path of the top file below the roots.
    let path: String
    /// Whether names in `include` may be patterns, as in the top files of states.
    let expandsIncludes: Bool
    let render: (_ file: CachedFile, _ path: String, _ saltenv: String) async throws -> Value

    /// A file that cannot be used, with the name of an included one.
    struct Failure {
        let error: any Error
        let included: String?
    }

    func gather(_ environments: [String]) async throws -> (tops: [Tops], failures: [Failure]) {
        var tops: [Tops] = []
        var failures: [Failure] = []
        var includes: [[Value]] = []
        do {
            for saltenv in environments {
                tops.append(Tops(saltenv: saltenv, contents: []))
                includes.append([])
                guard let file = try await files.fetch(path, saltenv: saltenv) else { continue }
                var content = try await read(file, path, saltenv)
                if let list = content.removeValue(forKey: "include") { includes[tops.count - 1] = list.listValue ?? [] }
                tops[tops.count - 1].contents = [content]
            }
        } catch {
            failures.append(Failure(error: error, included: nil))
        }
        for (index, names) in includes.enumerated() where !names.isEmpty {
            tops[index].contents += try await included(names.map(\.pythonString), tops[index].saltenv, &failures)
        }
        return (tops, failures)
    }

    /// What the included files include in turn counts for nothing in Salt, nor does an include that is not there.
    private func included(
        _ names: [String], _ saltenv: String, _ failures: inout [Failure]
    ) async throws -> [ValueMap] {
        let catalogue = SLSCatalogue(files: try await files.list(saltenv: saltenv))
        var done: Set<String> = []
        var contents: [ValueMap] = []
        for name in names {
            for sls in expandsIncludes ? catalogue.matching(name) : [name] where done.insert(sls).inserted {
                guard let path = catalogue.path(of: sls), let file = try await files.fetch(path, saltenv: saltenv) else { continue }
                do { contents.append(try await read(file, path, saltenv)) } catch { failures.append(Failure(error: error, included: sls)) }
            }
        }
        return contents
    }

    private func read(_ file: CachedFile, _ path: String, _ saltenv: String) async throws -> ValueMap {
        let data = try await render(file, path, saltenv)
        guard data.isTruthy else { return [:] }
        guard case .map(let map) = data else {
            throw TopError("\(path) in the environment '\(saltenv)': expected a dictionary of environments, found \(data.typeName)")
        }
        return map
    }
}

/// A top file that cannot be used.
struct TopError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
