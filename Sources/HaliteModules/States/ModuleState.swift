import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Execution functions called as states.
package struct ModuleState: StateModule {
    package static let name = "module"
    package static let summary = "Execution functions called as states."

    package static let functions: [StateFunction] = [
        StateFunction("run", "Functions are called.", .required("name", "Any name, or the function in the older form."), .keywords("kwargs", "Functions with their arguments, or the arguments of the one function."), body: run),
        StateFunction("wait", "A function is called when something it watches has changed.", .required("name", "Any name, or the function in the older form."), .keywords("kwargs", "As for run."), body: wait),
        StateFunction("watch", "A function is called when something it watches has changed.", .required("name", "Any name, or the function in the older form."), .keywords("kwargs", "As for run."), body: wait),
        StateFunction("mod_watch", "Something that a function watches has changed.", .required("name", "Any name, or the function in the older form."), .optional("sfun", "run", "The watching function."), .keywords("kwargs", "As for run."), body: watch),
    ]

    private static func wait(_ state: StateContext, name: String, options: ValueMap) async throws -> StateResult { state.unchanged("") }

    private static func watch(_ state: StateContext, name: String, function: String, options: ValueMap) async throws -> StateResult {
        try await run(state, name: name, options: options)
    }

    private static func run(_ state: StateContext, name: String, options: ValueMap) async throws -> StateResult {
        // One key that names no function makes it the older form, as in Salt.
        guard !options.isEmpty, options.allSatisfy({ $0.key.pythonString.contains(".") }) else {
            return try await runNamed(state, name, options)
        }
        var result = try await runAll(state, options.map { ($0.key.pythonString, $0.value) })
        // Salt gives the functions as the name of the result.
        result.extra["name"] = .list(options.map(\.key))
        return result
    }

    // MARK: - Functions as keys

    private static func runAll(_ state: StateContext, _ calls: [(name: String, arguments: Value)]) async throws -> StateResult {
        let known = state.call.services.registry.functions
        // A colon lets one function be called twice: `test.echo:second`.
        let functions = calls.map { ($0.name, $0.name.parts(":")[0], $0.arguments) }
        let missing = functions.map(\.1).filter { known[$0] == nil }
        // Salt writes `FunctionTrue a, b` for several functions; scripts that compare texts find the same here.
        func several(_ names: [String]) -> String { names.count > 1 ? "True" : "" }
        let unavailable = missing.isEmpty ? nil : "Unavailable function\(several(missing)): \(missing.joined(separator: ", "))."
        return try await state.either(would: {
            let available = functions.map(\.1).filter { known[$0] != nil }
            let planned = available.isEmpty ? nil : "Function\(several(available)) \(available.joined(separator: ", ")) to be executed."
            return StateResult(
                name: state.name, result: missing.isEmpty ? nil : false, comment: [unavailable, planned].compactMap(\.self).joined(separator: " "))
        }, do: {
            if let unavailable { return state.failed(unavailable) }
            var failures: [String] = []
            var successes: [String] = []
            var changes = ValueMap()
            for (label, function, given) in functions {
                do {
                    let arguments = arguments(given)
                    let missing = known[function]?.missing(arguments) ?? []
                    if !missing.isEmpty {
                        failures.append("'\(label)' failed: Missing arguments: \(missing.joined(separator: ", "))")
                        continue
                    }
                    let value = try await state.call.call(function, arguments)
                    if succeeded(value) {
                        let shown = value.mapValue.map { $0["comment"] ?? "Success" } ?? value
                        successes.append("\(label): \(shown.pythonString)")
                        changes[.string(label)] = value
                    } else if case .map(let map) = value {
                        failures.append("'\(label)' failed: \(map["comment"]?.pythonString ?? "(error message N/A)")")
                    } else {
                        failures.append("'\(label)': \(value.pythonString)")
                    }
                } catch let error as CancellationError {
                    throw error
                } catch {
                    failures.append("'\(label)' failed: \(error)")
                }
            }
            return StateResult(
                name: state.name, result: failures.isEmpty, comment: (failures + successes).joined(separator: ", "), changes: changes)
        })
    }

    /// Positional arguments and one-key maps, as SLS files list them.
    private static func arguments(_ given: Value) -> Arguments {
        var arguments = Arguments()
        switch given {
        case .null: break
        case .map(let map): arguments.keywords = map
        case .list(let list):
            for element in list {
                if case .map(let map) = element {
                    for (key, value) in map { arguments.keywords[key] = value }
                } else {
                    arguments.positional.append(element)
                }
            }
        default: arguments.positional = [given]
        }
        return arguments
    }

    /// False, or a dictionary in which a result is false or a return code is not 0.
    private static func succeeded(_ value: Value) -> Bool {
        if case .bool(let flag) = value { return flag }
        guard case .map(let map) = value else { return true }
        for (key, value) in map {
            if key == "result", value == false { return false }
            if key == "retcode", value != 0 { return false }
            if case .map = value, !succeeded(value) { return false }
        }
        return true
    }

    // MARK: - The function as the name

    private static func runNamed(_ state: StateContext, _ name: String, _ options: ValueMap) async throws -> StateResult {
        guard let function = state.call.services.registry.functions[name] else {
            return state.failed("Module function \(name) is not available")
        }
        let (arguments, missing) = bind(function, options)
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "Module function \(name) is set to execute")
        }, do: {
            if let args = options["args"], args.listValue == nil, !args.isNull { return state.failed("'args' must be a list.") }
            if !missing.isEmpty { return state.failed("The following arguments are missing: \(missing.joined(separator: " "))") }
            do {
                let value = try await state.call.call(name, arguments)
                return StateResult(
                    name: state.name, result: succeeded(value), comment: "Module function \(name) executed", changes: ["ret": value])
            } catch let error as CancellationError {
                throw error
            } catch {
                return state.failed("Module function \(name) threw an exception. Exception: \(error)")
            }
        })
    }

    /// Arguments whose names states take themselves are written with `m_` in front.
    private static func bind(_ function: Function, _ options: ValueMap) -> (arguments: Arguments, missing: [String]) {
        var arguments = Arguments()
        var missing: [String] = []
        for parameter in function.parameters {
            let reserved = ["name", "fun", "names", "state", "saltenv"].contains(parameter.name)
            let written = reserved ? "m_" + parameter.name : parameter.name
            let given = options[written] ?? options[parameter.name]
            switch parameter.kind {
            case .required:
                if let given { arguments.keywords[parameter.name] = given } else { missing.append(written) }
            case .optional: if let given { arguments.keywords[parameter.name] = given }
            case .rest: arguments.positional += given?.listValue ?? []
            case .keywords: for (key, value) in given?.mapValue ?? options["kwargs"]?.mapValue ?? [:] { arguments.keywords[key] = value }
            }
        }
        return (arguments, missing)
    }
}

extension Function {
    /// The required parameters that arguments do not give.
    fileprivate func missing(_ arguments: Arguments) -> [String] {
        var places = arguments.positional.count
        return parameters.compactMap { parameter in
            guard case .required = parameter.kind, arguments.keywords[parameter.name] == nil else { return nil }
            places -= 1
            return places < 0 ? parameter.name : nil
        }
    }
}
