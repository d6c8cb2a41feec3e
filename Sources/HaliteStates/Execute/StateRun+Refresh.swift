import HaliteModuleKit
import HaliteValue

/// What a state may change about the run itself: grains, pillar, and which modules there are.
extension StateRun {
    /// Returns what could not be read again: the run goes on with what it has, and the state says so.
    func refresh(after chunk: LowChunk, changed: Bool) async -> [String] {
        var warnings: [String] = []
        if chunk.data["reload_grains"]?.isTruthy == true {
            do {
                context.grains = try await context.services.refreshGrains(context)
                context.shared?.change { $0.grains = nil }
            } catch { warnings.append("reload_grains: \(error)") }
        }
        if chunk.data["reload_pillar"]?.isTruthy == true, let read = hooks.pillar {
            do {
                let pillar = try await read(context)
                warnings += (pillar["_errors"]?.listValue ?? []).map { "reload_pillar: \($0.pythonString)" }
                context.pillar = pillar
                context.shared?.change { ($0.pillar, $0.functionPillar) = (nil, nil) }
            } catch {
                warnings.append("reload_pillar: \(error)")
            }
        }
        let forced = chunk.data["force_reload_modules"]?.isTruthy == true
        if forced || (changed && wantsModules(chunk)) { await context.services.refreshModules(context) }
        return warnings
    }

    /// A package may bring the program that a module needs, as `git` for the states of `git`.
    private func wantsModules(_ chunk: LowChunk) -> Bool {
        if chunk.data["reload_modules"]?.isTruthy == true { return true }
        switch chunk.state {
        case "pkg", "ports", "pip": return true
        case "file": return chunk.function == "recurse" || (chunk.function == "symlink" && chunk.name.contains("bin"))
        default: return false
        }
    }
}
