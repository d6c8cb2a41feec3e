import ArgumentParser
import HaliteCore
import HaliteMaster
import HaliteModuleKit
import HaliteStates
import HaliteValue

/// `halite modules`: what the binary brings, whether this host can use it or not.
struct ModulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modules", abstract: "Lists the modules, states and runners that Halite has, and what each needs of a host.",
        discussion: """
              halite modules                      all modules
              halite modules mount pkg            their functions with all arguments
              halite modules --json               everything, for programs
            What one host offers, `halite HOST sys.list_functions` tells.
            """)

    @Flag(help: "Everything as JSON.") var json = false
    @Argument(help: ArgumentHelp("Modules to show in full.", valueName: "module")) var names: [String] = []

    func run() throws {
        let modules = ModuleListing.all
        let unknown = names.first { name in !modules.contains { $0.name == name } }
        if let unknown {
            let hint = NearestName.hint(unknown, among: Set(modules.map(\.name)).sorted())
            throw CommandError("no module '\(unknown)'\(hint)", code: 64)
        }
        let chosen = names.isEmpty ? modules : modules.filter { names.contains($0.name) }
        if json {
            Terminal.print(Value.list(chosen.map(\.value)).json(ensureASCII: false))
        } else {
            Terminal.print(names.isEmpty ? Self.table(chosen) : chosen.map(Self.page).joined(separator: "\n"))
        }
    }

    private static func table(_ modules: [ModuleListing]) -> String {
        let width = modules.map { $0.name.count }.max() ?? 0
        return modules.map { module in
            let name = module.name + String(repeating: " ", count: width - module.name.count)
            let kind = module.kind.rawValue + String(repeating: " ", count: 13 - module.kind.rawValue.count)
            return "\(kind) \(name)  \(module.summary)" + (module.needs.map { " Needs \($0)." } ?? "")
        }.joined(separator: "\n")
    }

    private static func page(_ module: ModuleListing) -> String {
        var lines = ["\(module.name) (\(module.kind.rawValue)): \(module.summary)"]
        if let needs = module.needs { lines.append("  Needs \(needs).") }
        for function in module.functions {
            lines.append("  \(module.name).\(function.name)  \(function.summary)")
            for parameter in function.parameters { lines.append("      \(parameter.signature)  \(parameter.summary)") }
        }
        return lines.joined(separator: "\n")
    }
}

/// One module as the reference shows it.
struct ModuleListing {
    enum Kind: String {
        case execution, state, orchestration, runner
    }

    let kind: Kind
    let name: String
    let summary: String
    /// What the host must have; nil when nothing.
    let needs: String?
    let functions: [(name: String, summary: String, parameters: [ParameterInfo])]

    static var all: [ModuleListing] {
        let catalogue = ModuleCatalogue.builtIn
        let modules =
            catalogue.modules.flatMap { of($0, .execution) }
            + builtInMasterModules.flatMap { of($0, .execution, needs: "a master: in templates and functions of an orchestration") } + catalogue.states.map { of($0, .state) }
            + builtInOrchestrationStates.map { of($0, .orchestration) } + builtInRunners.flatMap { of($0, .runner) }
        return modules.sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }
    }

    private static func of(_ module: any ExecutionModule.Type, _ kind: Kind, needs place: String? = nil) -> [ModuleListing] {
        ([module.name] + module.aliases).map { name in
            ModuleListing(
                kind: kind, name: name, summary: module.summary, needs: place ?? needs(module.requires),
                functions: module.functions.map { ($0.name, $0.summary, $0.parameters) })
        }
    }

    private static func of(_ module: any StateModule.Type, _ kind: Kind) -> ModuleListing {
        ModuleListing(
            kind: kind, name: module.name, summary: module.summary, needs: needs(module.requires),
            functions: module.functions.filter { $0.name != "mod_watch" }.map { ($0.name, $0.summary, $0.parameters) })
    }

    private static func needs(_ requirement: Requirement) -> String? {
        if case .none = requirement { nil } else { "\(requirement)" }
    }

    var value: Value {
        [
            "kind": .string(kind.rawValue), "name": .string(name), "summary": .string(summary), "needs": needs.value,
            "functions": .list(
                functions.map { function in
                    [
                        "name": .string(function.name), "summary": .string(function.summary),
                        "parameters": .list(function.parameters.map(\.listing)),
                    ]
                }),
        ]
    }
}

extension ParameterInfo {
    /// As Python would write it in a definition.
    var signature: String {
        switch kind {
        case .required: name
        case .optional(let value): "\(name)=\(value.pythonRepr)"
        case .rest: "*\(name)"
        case .keywords: "**\(name)"
        }
    }

    fileprivate var listing: Value {
        ["name": .string(name), "signature": .string(signature), "type": .string(type), "summary": .string(summary)]
    }
}
