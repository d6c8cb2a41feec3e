import HaliteModuleKit
import HaliteValue

/// What a state may change about the run itself: grains, pillar, and which modules there are.
extension StateRun {
    func refresh(after chunk: LowChunk, changed: Bool) async {
        if chunk.data["reload_grains"]?.isTruthy == true, let grains = try? await context.services.refreshGrains(context) { context.grains = grains }
        if chunk.data["reload_pillar"]?.isTruthy == true, let pillar = try? await hooks.pillar?(context) { context.pillar = pillar }
        let forced = chunk.data["force_reload_modules"]?.isTruthy == true
        guard changed || forced, forced || wantsModules(chunk) else { return }
        await context.services.refreshModules(context)
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
