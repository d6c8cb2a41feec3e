import HaliteCore
import HaliteModuleKit
import HaliteValue

/// States that do nothing but answer, for trying requisites and for showing something.
package struct TestState: StateModule {
    package static let name = "test"
    package static let summary = "States that do nothing but answer."

    package static let functions: [StateFunction] = [
        StateFunction("nop", "Nothing is done.", .required("name", "Any name."), .keywords("kwargs", "Ignored.")) { (state: StateContext, _: String, _: ValueMap) in
            state.unchanged("Success!")
        },
        StateFunction("succeed_without_changes", "Nothing is done, and all is well.", .required("name", "Any name."), .keywords("kwargs", "comment."), body: succeedWithoutChanges),
        StateFunction("succeed_with_changes", "A change is pretended.", .required("name", "Any name."), .keywords("kwargs", "comment."), body: succeedWithChanges),
        StateFunction("fail_without_changes", "It fails.", .required("name", "Any name."), .keywords("kwargs", "comment."), body: failWithoutChanges),
        StateFunction("fail_with_changes", "It fails after a pretended change.", .required("name", "Any name."), .keywords("kwargs", "comment."), body: failWithChanges),
        StateFunction("configurable_test_state", "It ends as it is told.", ConfigurableSettings.self, body: configurable),
        StateFunction("show_notification", "A text is shown.", .required("name", "Any name."), .optional("text", "", "What to show."), .keywords("kwargs", "Ignored."), body: showNotification),
        StateFunction("check_pillar", "Values are in the pillar.", PillarSettings.self, body: checkPillar),
        StateFunction("mod_watch", "What it watches has changed.", .required("name", "Any name."), .optional("sfun", "", "The watching function."), .keywords("kwargs", "result, comment, changes."), body: watch),
    ]

    private static let pretended: ValueMap = ["testing": ["old": "Unchanged", "new": "Something pretended to change"]]

    private static func comment(_ options: ValueMap, _ fallback: String) -> String { options["comment"]?.pythonString ?? fallback }

    private static func succeedWithoutChanges(_ state: StateContext, name: String, options: ValueMap) async throws -> StateResult {
        state.unchanged(comment(options, "Success!"))
    }

    private static func succeedWithChanges(_ state: StateContext, name: String, options: ValueMap) async throws -> StateResult {
        try await state.change(
            pretended, would: "If we weren't testing, this would be successful with changes", did: comment(options, "Success!")
        ) { nil }
    }

    private static func failWithoutChanges(_ state: StateContext, name: String, options: ValueMap) async throws -> StateResult {
        state.failed(state.text(would: "If we weren't testing, this would be a failure!", did: comment(options, "Failure!")))
    }

    private static func failWithChanges(_ state: StateContext, name: String, options: ValueMap) async throws -> StateResult {
        try await state.either(would: {
            StateResult(
                name: state.name, result: nil, comment: "If we weren't testing, this would be failed with changes", changes: pretended)
        }, do: { state.failed(comment(options, "Failure!"), changes: pretended) })
    }

    struct ConfigurableSettings: ArgumentGroup {
        var changes: Value = true
        var result: Value = true
        var comment = ""
        var warnings: Value = .null
        var allowTestModeFailure = false

        static let fields: [ArgumentField<ConfigurableSettings>] = [
            .field("changes", \.changes, "True, False or Random."),
            .field("result", \.result, "True, False or Random."),
            .field("comment", \.comment, "The comment."),
            .field("warnings", \.warnings, "One warning or a list."),
            .field("allow_test_mode_failure", \.allowTestModeFailure, "Fail under test=True too."),
        ]
    }

    private static func configurable(_ state: StateContext, _ settings: ConfigurableSettings) async throws -> StateResult {
        func decide(_ value: Value, _ option: String) throws -> Bool {
            if case .bool(let flag) = value { return flag }
            if value.pythonString.lowercased() == "random" { return Bool.random() }
            throw ExecutionError(
                "You have specified the state option '\(option)' with invalid arguments. It must be either True, False, or 'Random'")
        }
        let changes = try decide(settings.changes, "changes") ? pretended : [:]
        let outcome = try decide(settings.result, "result")
        var warnings: [String] = []
        switch settings.warnings {
        case .null: break
        case .string(let text): warnings = [text]
        case .list(let list): warnings = list.map(\.pythonString)
        default:
            throw ExecutionError(
                "You have specified the state option 'warnings' with invalid arguments. It must be a string or a list of strings")
        }
        var result = try await state.either(would: {
            let failed = settings.allowTestModeFailure && settings.result == false
            let planned: Bool? = failed ? false : settings.changes == false ? true : nil
            return StateResult(
                name: state.name, result: planned, comment: settings.comment.isEmpty ? "This is a test" : settings.comment, changes: changes)
        }, do: { StateResult(name: state.name, result: outcome, comment: settings.comment, changes: changes) })
        result.warnings = warnings
        return result
    }

    private static func showNotification(_ state: StateContext, name: String, text: String, options: ValueMap) async throws -> StateResult {
        if text.isEmpty { throw ExecutionError("Missing required argument text.") }
        return state.unchanged(text)
    }

    struct PillarSettings: ArgumentGroup {
        var present: [String] = []
        var boolean: [String] = []
        var integer: [String] = []
        var string: [String] = []
        var listing: [String] = []
        var dictionary: [String] = []
        var verbose = false

        static let fields: [ArgumentField<PillarSettings>] = [
            .field("present", \.present, "Paths that must be there."),
            .field("boolean", \.boolean, "Paths of booleans."),
            .field("integer", \.integer, "Paths of integers."),
            .field("string", \.string, "Paths of texts."),
            .field("listing", \.listing, "Paths of lists."),
            .field("dictionary", \.dictionary, "Paths of dictionaries."),
            .field("verbose", \.verbose, "Name also what is well."),
        ]
    }

    private static func checkPillar(_ state: StateContext, _ settings: PillarSettings) async throws -> StateResult {
        let checks: [(type: String, shown: String, paths: [String])] = [
            ("", "None", settings.present), ("bool", "<class 'bool'>", settings.boolean), ("int", "<class 'int'>", settings.integer),
            ("str", "(<class 'str'>,)", settings.string), ("list", "<class 'list'>", settings.listing),
            ("dict", "<class 'dict'>", settings.dictionary),
        ]
        if checks.allSatisfy({ $0.paths.isEmpty }) { throw ExecutionError("Missing required argument text.") }
        var problems = ValueMap()
        var fine = ValueMap()
        for check in checks {
            for path in check.paths {
                let key = Value.string(path)
                guard let value = CallContext.traverse(.map(state.call.pillar), path), !value.isNull else {
                    problems[key] = "is missing."
                    continue
                }
                // In Python a boolean is an integer too.
                let fits = check.type.isEmpty || value.typeName == check.type || (check.type == "int" && value.typeName == "bool")
                if fits { fine[key] = .string(check.shown) } else { problems[key] = .string("is not \(check.shown).") }
            }
        }
        var comment = problems.map { "Pillar key \"\($0.key.pythonString)\" \($0.value.pythonString)\n" }.joined()
        let failed = !comment.isEmpty
        if settings.verbose, !fine.isEmpty { 
            comment += "Those keys passed the check:\n" + fine.map { "- \($0.key.pythonString) (\($0.value.pythonString))\n" }.joined()
        }
        return failed ? state.failed(comment) : state.unchanged(comment)
    }

    private static func watch(_ state: StateContext, name: String, function: String, options: ValueMap) async throws -> StateResult {
        let changed = state.low["__changed__"] ?? []
        return StateResult(
            name: state.name, result: options["result"]?.isTruthy ?? true, comment: comment(options, "Watch statement fired."),
            changes: options["changes"]?.mapValue ?? ["Requisites with changes": changed])
    }
}
