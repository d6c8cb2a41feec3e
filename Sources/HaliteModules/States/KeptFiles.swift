import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What `clean` must not remove, and the removal of the rest.
enum KeptFiles {
    /// The files of the states that a folder requires.
    /// - Parameter visits: what is below the folder where Salt looks there; nil where it looks below each required folder.
    static func collect(_ state: StateContext, folder: String, require: Value, visits: [FolderVisit]? = nil) async throws -> Set<String> {
        var kept: Set<String> = []
        let host = state.call.host
        let required = require.isNull ? state.low["require"] ?? .null : require
        for entry in required.listValue ?? [] {
            guard case .map(let map) = entry, let wanted = map["file"] else { continue }
            // The engine puts the low chunks of the run where states can see them.
            for low in state.call.memory["lowstate"]?.listValue ?? [] where low["name"] == wanted || low["__id__"] == wanted {
                guard let name = low["name"]?.stringValue else { continue }
                guard try await host.isDirectory(name) else {
                    kept.insert(name)
                    continue
                }
                guard FolderWalk.isInside(Path.normalised(name), Path.normalised(folder)) else { continue }
                if low["fun"] == "recurse" {
                    kept.formUnion(try await RecursiveLayout.kept(low, state))
                } else {
                    kept.formUnion(try await below(name, visits, host))
                }
            }
        }
        return kept
    }

    private static func below(_ name: String, _ visits: [FolderVisit]?, _ host: any Host) async throws -> Set<String> {
        let known = visits.map { $0.filter { FolderWalk.isInside($0.path, name) } }
        var found: Set<String> = [name]
        for visit in try await known.orElse({ try await FolderWalk.visits(name, host) }) ?? [] {
            found.formUnion((visit.files + visit.folders).map { Path.join(visit.path, $0) })
        }
        return found
    }

    /// Removes what is not kept below a folder, from the top; under test it only tells.
    /// - Returns: what went: of a whole folder only its own path when it really went.
    static func clean(_ folder: String, kept: Set<String>, filter: PathFilter, _ state: StateContext) async throws -> [String] {
        var protected: Set<String> = [folder]
        for path in kept where path.hasPrefix("/") {
            var current: String? = Path.normalised(path)
            while let next = current {
                protected.insert(next)
                current = Path.parent(next)
            }
        }
        var found: [String] = []
        var pending = [folder]
        let host = state.call.host
        while let next = pending.popLast() {
            guard let visit = try await FolderWalk.visits(next, host, depth: 1).first else { continue }
            for name in visit.folders + visit.files {
                let path = Path.join(next, name)
                if protected.contains(path) { continue }
                guard try filter.admits(FolderWalk.relative(path, to: folder)) else { continue }
                found.append(path)
                _ = try await state.whenApplying { () -> Bool? in
                    try await host.remove(path)
                    return nil
                }
            }
            for name in visit.folders.reversed() where try await !host.isLink(Path.join(next, name)) {
                pending.append(Path.join(next, name))
            }
        }
        return found
    }
}
