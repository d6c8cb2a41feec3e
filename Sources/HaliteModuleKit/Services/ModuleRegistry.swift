import HaliteCore
import HaliteHost
import HaliteValue

/// The execution and state functions that one host offers, by full name.
package struct ModuleRegistry: Sendable {
    package let functions: FunctionTable<Function>
    package let states: FunctionTable<StateFunction>
    /// Module name to summary, for `sys.list_modules` and `sys.doc`.
    package let modules: [String: String]
    package let stateModules: [String: String]
    /// State module name to what takes over the work of several chunks.
    package let aggregates: [String: StateAggregate]
    /// Modules that exist and are not offered here, for a message better than "not available".
    package let withheld: [String: Requirement]

    /// Keeps of the modules those whose requirement the host meets; for one name the first wins.
    /// - Parameter additions: functions that a role adds to modules of the library, such as `saltutil.cmd` on a master.
    package init(
        modules: [any ExecutionModule.Type], additions: [any ExecutionModule.Type] = [], states: [any StateModule.Type],
        host: any Host, grains: ValueMap
    ) async {
        var functions: [String: [FunctionTable<Function>.Source]] = [:]
        var names: [String: String] = [:]
        var withheld: [String: Requirement] = [:]
        for module in modules where names[module.name] == nil {
            guard await module.requires.isMet(on: host, grains: grains) else {
                withheld[module.name] = module.requires
                continue
            }
            withheld[module.name] = nil
            for name in [module.name] + module.aliases {
                names[name] = module.summary
                functions[name, default: []].append { module.functions.map { ($0.name, $0) } }
            }
        }
        for module in additions {
            names[module.name] = names[module.name] ?? module.summary
            functions[module.name, default: []].append { module.functions.map { ($0.name, $0) } }
        }
        var stateFunctions: [String: [FunctionTable<StateFunction>.Source]] = [:]
        var stateNames: [String: String] = [:]
        var aggregates: [String: StateAggregate] = [:]
        for module in states where stateNames[module.name] == nil {
            guard await module.requires.isMet(on: host, grains: grains) else {
                withheld[module.name] = module.requires
                continue
            }
            stateNames[module.name] = module.summary
            aggregates[module.name] = module.aggregate
            stateFunctions[module.name] = [{ module.functions.map { ($0.name, $0) } }]
        }
        self.functions = FunctionTable(functions)
        self.states = FunctionTable(stateFunctions)
        self.modules = names
        self.stateModules = stateNames
        self.aggregates = aggregates
        self.withheld = withheld
    }

    package func function(_ name: String) throws -> Function {
        if let function = functions[name] { return function }
        throw UnknownFunctionError(name, nearest: NearestName.find(name, among: functions.names.sorted()))
    }
}
