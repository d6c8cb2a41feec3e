import HaliteCore
import HaliteModuleKit
import HaliteValue

/// The services while a pillar is rendered: the functions of whoever renders, the id of the minion that it is for, and
/// templates from the pillar roots.
struct PillarServices: MinionServices {
    let base: any MinionServices
    let id: String
    let options: ValueMap
    let files: any FileClient
    let templates: any TemplateService

    init(base: any MinionServices, id: String, files: any FileClient) {
        self.base = base
        self.id = id
        self.files = files
        var options = base.options
        options["id"] = .string(id)
        self.options = options
        templates = SaltTemplateService(files: files, options: options)
    }

    var registry: ModuleRegistry { base.registry }
    var master: (any MasterLink)? { base.master }

    func call(_ function: String, _ arguments: Arguments, in context: CallContext) async throws -> Value {
        try await base.call(function, arguments, in: context)
    }

    // A pillar that is being made cannot be refreshed, and its grains are given.
    func refreshPillar(_ context: CallContext) async throws -> ValueMap { context.pillar }
    func refreshGrains(_ context: CallContext) async throws -> ValueMap { context.grains }
    func runningJobs() async -> [ValueMap] { [] }
    func signalJob(_ jobID: String, signal: Int) async -> Bool { false }
}
