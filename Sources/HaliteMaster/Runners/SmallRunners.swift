import HaliteCore
import HaliteModuleKit
import HaliteStates
import HaliteStore
import HaliteValue

/// Fires events from the master.
struct EventRunner: ExecutionModule {
    static let name = "event"
    static let summary = "Fires events."
    static let functions: [Function] = [
        Function(
            "send", "Fires an event on the master's bus.", .required("tag", "The tag."), .optional("data", ValueMap(), "The data."),
            .keywords("kwargs", "Further data.")
        ) { context, tag, data, more in
            var all = data
            for (key, value) in more { all[key] = value }
            try context.requireMaster().events.publish(tag, all)
            return true
        }
    ]
}

/// The data that minions gave to the mine.
struct MineRunner: ExecutionModule {
    static let name = "mine"
    static let summary = "Reads the mine."
    static let functions: [Function] = [
        Function(
            "get", "Returns what minions gave to the mine under a name.", .required("tgt", "Which minions."),
            .required("fun", "The name, such as network.ip_addrs."), .optional("tgt_type", "glob", "The kind of the target.")
        ) {
            context, target, function, kind in
            try context.requireMaster().mine(target: target, function: function, targetType: kind)
        }
    ]
}

/// The pillars of the minions as the master compiles them.
struct PillarRunner: ExecutionModule {
    static let name = "pillar"
    static let summary = "Shows pillars."
    static let functions: [Function] = [
        Function(
            "show_pillar", "Compiles the pillar of a minion.", .optional("minion", "*", "The minion."),
            .keywords("kwargs", "Grains that replace the known ones; pillarenv, saltenv.")
        ) { context, minion, keywords in
            let master = try context.requireMaster()
            var grains = try master.store.facts(of: minion)?.grains ?? [:]
            for (key, value) in keywords where key != "pillarenv" && key != "saltenv" { grains[key] = value }
            return try await master.compilePillar(
                minion: minion, grains: grains, saltenv: keywords["saltenv"]?.stringValue ?? "base",
                pillarenv: keywords["pillarenv"]?.stringValue, override: [:])
        }
    ]
}

/// What the master keeps of the minions.
struct CacheRunner: ExecutionModule {
    static let name = "cache"
    static let summary = "Shows what the master keeps of the minions."
    static let functions: [Function] = [
        Function(
            "grains", "Returns the last known grains of minions.", .optional("tgt", "*", "Which minions."),
            .optional("tgt_type", "glob", "The kind of the target.")
        ) { context, target, kind in
            let master = try context.requireMaster()
            guard let kind = Target.Kind(name: kind) else { throw ExecutionError("unknown target type '\(kind)'") }
            return ValueMap(
                try master.minions(matching: Target(.string(target), kind: kind)).map { id in
                    (.string(id), .map(try master.store.facts(of: id)?.grains ?? [:]))
                })
        },
        Function("mine", "Returns what a minion gave to the mine under a name.", .required("fun", "The name.")) { context, function in
            try context.requireMaster().store.mine(function: function)
        },
    ]
}

/// The files that the master serves.
struct FileserverRunner: ExecutionModule {
    static let name = "fileserver"
    static let summary = "Shows what the file server offers."
    static let functions: [Function] = [
        Function("envs", "Lists the environments.") { try await $0.requireMaster().fileRoots.environments() },
        Function("file_list", "Lists the files of an environment.", .optional("saltenv", "base", "The environment.")) {
            try await $0.requireMaster().fileRoots.list(saltenv: $1)
        },
        Function("update", "Refreshes remote sources; local roots are always fresh.") { _ in true },
    ]
}

/// Calls to minions and execution functions of the master.
struct SaltRunner: ExecutionModule {
    static let name = "salt"
    static let summary = "Calls execution functions from the master."
    static let functions: [Function] = [
        Function(
            "cmd", "Calls an execution function on the master itself.", .required("fun", "The function."),
            .rest("args", "Its arguments."), .keywords("kwargs", "Its keyword arguments.")
        ) { context, function, arguments, keywords in
            try await context.services.call(function, Arguments(arguments, keywords: keywords), in: context)
        },
        Function(
            "execute", "Calls an execution function on minions.", .required("tgt", "Which minions."), .required("fun", "The function."),
            .optional("arg", [Value](), "Positional arguments."), .optional("kwarg", ValueMap(), "Keyword arguments."),
            .optional("tgt_type", "glob", "The kind of the target.")
        ) { context, target, function, arguments, keywords, kind in
            guard let kind = Target.Kind(name: kind) else { throw ExecutionError("unknown target type '\(kind)'") }
            let command = MinionCommand(
                target: Target(.string(target), kind: kind), function: function, arguments: Arguments(arguments, keywords: keywords))
            let answers = try await command.run(on: try context.requireMaster(), user: "root")
            return ValueMap(answers.map { ($0.key, $0.value["ret"] ?? .null) })
        },
    ]
}

/// For trying out runners.
struct TestRunner: ExecutionModule {
    static let name = "test"
    static let summary = "Tries out runners."
    static let functions: [Function] = [
        Function("arg", "Returns its arguments.", .rest("args", "Anything."), .keywords("kwargs", "Anything.")) { _, arguments, keywords in
            ["args": .list(arguments), "kwargs": .map(keywords)] as ValueMap
        },
        Function("sleep", "Sleeps.", .optional("s_time", 1.0, "Seconds.")) { _, seconds in
            try await Task.sleep(for: .seconds(seconds))
            return true
        },
    ]
}
