import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue
import Testing

/// How arguments are bound to declared parameters, and what is said when they do not fit.
struct FunctionTests {
    private static let greet = Function(
        "greet", "Greets somebody.", .required("name", "Who."), .optional("times", 1, "How often."), .rest("others", "More people."),
        .keywords("kwargs", "Anything.")
    ) { (_: CallContext, name: String, times: Int, others: [Value], keywords: ValueMap) -> String in
        "\(name) \(times) \(others.count) \(Value.map(keywords).json())"
    }

    private static let strict = Function("strict", "Takes two.", .required("path", "A path."), .optional("mode", 420, "A mode.")) {
        (_: CallContext, path: String, mode: Int) -> String in "\(path) \(mode)"
    }

    private static let context = CallContext(
        host: LocalHost(), services: NoServices(), grains: [:], pillar: [:], function: "trial.function")

    @Test(arguments: [
        (Arguments(["a"]), "a 1 0 {}"), (Arguments(["a", 2]), "a 2 0 {}"), (Arguments(["a", 2, 3, 4]), "a 2 2 {}"),
        (Arguments([], keywords: ["name": "a", "times": 3]), "a 3 0 {}"), (Arguments(["a"], keywords: ["x": 1]), #"a 1 0 {"x": 1}"#),
        (Arguments([8080]), "8080 1 0 {}"), (Arguments(["a"], keywords: ["times": nil]), "a 1 0 {}"),
        (Arguments(["a"], keywords: ["__pub_jid": "1"]), "a 1 0 {}"), (Arguments(["a", "7"]), "a 7 0 {}"),
    ])
    func binds(_ arguments: Arguments, _ expected: String) async throws {
        #expect(try await Self.greet.call(Self.context, arguments) == .string(expected))
    }

    @Test(arguments: [
        (Arguments(), "trial.function needs the argument 'path' (text): A path."),
        (Arguments(["a"], keywords: ["mod": 1]), "trial.function has no argument 'mod', did you mean 'mode'?"),
        (Arguments(["a", 1, 2]), "trial.function takes at most 2 arguments, got 3"),
        (Arguments(["a", "x"]), "trial.function, argument 'mode': expected an integer, found 'x' (str)"),
        (Arguments([[1, 2]]), "trial.function, argument 'path': expected text, found [1, 2] (list)"),
    ])
    func refuses(_ arguments: Arguments, _ message: String) async throws {
        let error = await #expect(throws: ArgumentError.self) { try await Self.strict.call(Self.context, arguments) }
        #expect(error?.description == message)
    }

    @Test func describesItself() {
        #expect(Self.greet.parameters.map(\.name) == ["name", "times", "others", "kwargs"])
        #expect(Self.greet.summary == "Greets somebody.")
    }

    @Test(arguments: [("a:b", 1), ("c:0", 2), ("c:1:d", 3), ("e:5", 4)])
    func traversesLikePillarGet(_ path: String, _ expected: Int) {
        let data: Value = ["a": ["b": 1], "c": [2, ["d": 3]], "e": [5: 4]]
        #expect(CallContext.traverse(data, path) == .int(expected))
        #expect(CallContext.traverse(data, path + ":none") == nil)
    }
}

/// Nothing around: the functions above ask for nothing.
private struct NoServices: MinionServices {
    let id = "trial"
    let options: ValueMap = [:]
    var registry: ModuleRegistry { fatalError("not asked for") }
    var files: any FileClient { fatalError("not asked for") }
    var templates: any TemplateService { fatalError("not asked for") }
    let master: (any MasterLink)? = nil
    func call(_ function: String, _ arguments: Arguments, in context: CallContext) async throws -> Value { .null }
    func refreshPillar(_ context: CallContext) async throws -> ValueMap { [:] }
    func refreshGrains(_ context: CallContext) async throws -> ValueMap { [:] }
    func runningJobs() async -> [ValueMap] { [] }
    func signalJob(_ jobID: String, signal: Int) async -> Bool { false }
}
