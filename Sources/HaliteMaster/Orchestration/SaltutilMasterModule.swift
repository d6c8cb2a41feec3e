import HaliteCore
import HaliteModuleKit
import HaliteValue

/// What `saltutil` has more on a master: calls to minions and to runners, also from inside templates.
struct SaltutilMasterModule: ExecutionModule {
    static let name = "saltutil"
    static let summary = "Calls minions and runners from the master."

    static let functions: [Function] = [
        Function(
            "cmd", "Calls a function on minions and returns minion to its answer.",
            .required("tgt", "Which minions."), .required("fun", "The function."), .optional("arg", [Value](), "Positional arguments."),
            .optional("timeout", Value.null, "Kept for Salt's sake; nobody waits for a timeout here."),
            .optional("tgt_type", "glob", "The kind of the target."), .optional("ret", "", "A returner."),
            .optional("kwarg", ValueMap(), "Keyword arguments."), .keywords("kwargs", "batch, subset, expect_minions and more."), body: cmd),
        Function(
            "runner", "Calls a runner.", .required("name", "The runner, such as jobs.list_jobs."),
            .optional("arg", [Value](), "Positional arguments."), .optional("kwarg", ValueMap(), "Keyword arguments."),
            .keywords("kwargs", "Further keyword arguments."), body: runner),
    ]

    private static func cmd(
        _ context: CallContext, _ target: Value, _ function: String, _ arguments: [Value], _ timeout: Value, _ kind: String,
        _ returner: String, _ keywords: ValueMap, _ more: ValueMap
    ) async throws -> Value {
        guard let kind = Target.Kind(name: kind) else {
            throw ExecutionError("unknown tgt_type '\(kind)'\(NearestName.hint(kind, among: Target.Kind.allCases.map(\.rawValue)))")
        }
        let command = MinionCommand(
            target: Target(target, kind: kind), function: function, arguments: Arguments(arguments, keywords: keywords),
            batch: more["batch"].flatMap { $0.isNull ? nil : $0.pythonString }, subset: more["subset"]?.intValue)
        return .map(try await command.run(on: try context.requireMaster(), user: "root"))
    }

    private static func runner(
        _ context: CallContext, _ name: String, _ arguments: [Value], _ keywords: ValueMap, _ more: ValueMap
    ) async throws -> Value {
        guard let runtime = context.services as? MasterRuntime else { throw ExecutionError("saltutil.runner runs on a master only") }
        var all = keywords
        for (key, value) in more { all[key] = value }
        return try await runtime.run(name, Arguments(arguments, keywords: all), jobID: JobID.make().description, user: "root").value
    }
}
