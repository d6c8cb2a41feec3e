import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Small functions that prove that calls, arguments and returns travel well.
package struct TestModule: ExecutionModule {
    package static let name = "test"
    package static let summary = "Proves that calls, arguments and returns travel well."

    package static let functions: [Function] = [
        Function("ping", "Answer True: the minion is there and listens.", example: "halite '*' test.ping", body: ping),
        Function("version", "Return the release of Salt that this minion follows.", body: version),
        Function("versions_report", "Return the release as text.", body: versionsReport),
        Function("versions", "Return the release as text.", body: versionsReport),
        Function("versions_information", "Return the release as a dictionary.", body: versionsInformation),
        Function("echo", "Return the text as it came.", .required("text", "Anything."), example: "halite '*' test.echo 'foo bar'", body: echo),
        Function("outputter", "Return the data as they came.", .required("data", "Anything."), body: echo),
        Function("arg", "Return the arguments as they arrived.", .rest("args", "Any positional arguments."), .keywords("kwargs", "Any keyword arguments."), body: arg),
        Function("arg_clean", "Return the arguments without those of the job.", .rest("args", "Any positional arguments."), .keywords("kwargs", "Any keyword arguments."), body: arg),
        Function("arg_repr", "Return Python's text of the arguments.", .rest("args", "Any positional arguments."), .keywords("kwargs", "Any keyword arguments."), body: argRepr),
        Function("arg_type", "Return the types of the arguments.", .rest("args", "Any positional arguments."), .keywords("kwargs", "Any keyword arguments."), body: argType),
        Function("kwarg", "Return the keyword arguments.", .keywords("kwargs", "Any keyword arguments."), body: kwarg),
        Function("true", "Return True.", body: { (_: CallContext) async throws -> Bool in true }),
        Function("false", "Return False.", body: { (_: CallContext) async throws -> Bool in false }),
        Function("nop", "Do nothing.", .rest("args", "Ignored."), .keywords("kwargs", "Ignored."), body: nop),
        Function("sleep", "Wait, then return True.", .required("length", "Seconds."), body: sleep),
        Function("rand_sleep", "Wait for a random time, then return True.", .optional("max", 60, "Seconds at most."), body: randomSleep),
        Function("exception", "Fail with a message.", .optional("message", "Test Exception", "What the error says."), body: exception),
        Function("assertion", "Fail unless the argument is true.", .required("assertion", "Any value."), body: assertion),
        Function("fib", "Return a Fibonacci number and the seconds it took.", .required("num", "Which one."), body: fibonacci),
        Function("collatz", "Return the steps from a number down to 1 and the seconds they took.", .required("start", "The first number."), body: collatz),
        Function("retcode", "Set the return code of the call.", .optional("code", 42, "The code."), body: returnCode),
        Function("provider", "Return the name under which a module is registered, or nothing.", .required("module", "Such as pkg."), body: provider),
        Function("providers", "Return all modules.", body: providers),
        Function("cross_test", "Call another function.", .required("func", "Its name."), .optional("args", [Value](), "Its arguments."), body: crossTest),
        Function("try", "Call another function; return nothing when it fails.", .required("module", "The function's name."), .optional("return_try_exception", false, "Return the error's text instead."), .keywords("kwargs", "Its arguments."), body: attempt),
        Function("random_hash", "Return the digest of random bytes.", .optional("size", 9_999_999_999, "Kept for compatibility."), .optional("hash_type", "sha256", "md5, sha1, sha256, sha384 or sha512."), body: randomHash),
        Function("rand_str", "Return the digest of random bytes.", .optional("size", 9_999_999_999, "Kept for compatibility."), .optional("hash_type", "sha256", "md5, sha1, sha256, sha384 or sha512."), body: randomHash),
        Function("get_opts", "Return the configuration of the minion.", body: { (call: CallContext) async throws -> ValueMap in call.services.options }),
        Function("opts_pkg", "Return the configuration together with the grains.", body: optionsPackage),
        Function("conf_test", "Return the option test.foo.", body: configurationTest),
    ]

    private static func ping(_ call: CallContext) async throws -> Bool { true }
    private static func version(_ call: CallContext) async throws -> String { SaltVersion.text }
    private static func versionsReport(_ call: CallContext) async throws -> String { "Salt Version:\n          Salt: \(SaltVersion.text)" }

    private static func versionsInformation(_ call: CallContext) async throws -> Value {
        ["Salt Version": ["Salt": .string(SaltVersion.text)]]
    }

    private static func echo(_ call: CallContext, value: Value) async throws -> Value { value }

    private static func arg(_ call: CallContext, args: [Value], kwargs: ValueMap) async throws -> Value {
        ["args": .list(args), "kwargs": .map(kwargs)]
    }

    private static func argRepr(_ call: CallContext, args: [Value], kwargs: ValueMap) async throws -> Value {
        let inner = args.map(\.pythonRepr).joined(separator: ", ")
        return ["args": .string("(" + inner + (args.count == 1 ? "," : "") + ")"), "kwargs": .string(Value.map(kwargs).pythonRepr)]
    }

    private static func argType(_ call: CallContext, args: [Value], kwargs: ValueMap) async throws -> Value {
        func type(_ value: Value) -> Value { .string("<class '\(value.typeName)'>") }
        return ["args": .list(args.map(type)), "kwargs": .map(ValueMap(kwargs.map { ($0.key, type($0.value)) }))]
    }

    private static func kwarg(_ call: CallContext, kwargs: ValueMap) async throws -> ValueMap { kwargs }
    private static func nop(_ call: CallContext, args: [Value], kwargs: ValueMap) async throws -> Value { .null }

    private static func sleep(_ call: CallContext, length: Double) async throws -> Bool {
        try await Task.sleep(for: .seconds(length))
        return true
    }

    private static func randomSleep(_ call: CallContext, most: Int) async throws -> Bool {
        try await Task.sleep(for: .seconds(Int.random(in: 0...max(0, most))))
        return true
    }

    private static func exception(_ call: CallContext, message: String) async throws -> Value { throw ExecutionError(message) }

    private static func assertion(_ call: CallContext, assertion: Value) async throws -> Value {
        if !assertion.isTruthy { throw ExecutionError("AssertionError") }
        return .null
    }

    private static func fibonacci(_ call: CallContext, number: Int) async throws -> [Value] {
        guard number >= 0 else { throw ExecutionError("Negative number is not allowed!") }
        let start = ContinuousClock.now
        var (previous, current) = (0, 1)
        if number < 2 { return [.int(number), .float(seconds(since: start))] }
        for _ in 1..<number {
            let (sum, overflow) = previous.addingReportingOverflow(current)
            if overflow { throw ExecutionError("the \(number)th number does not fit into 64 bits") }
            (previous, current) = (current, sum)
        }
        return [.int(current), .float(seconds(since: start))]
    }

    private static func collatz(_ call: CallContext, start: Int) async throws -> [Value] {
        guard start > 0 else { throw ExecutionError("the first number must be greater than 0") }
        let begin = ContinuousClock.now
        var steps: [Value] = []
        var number = start
        while number != 1 {
            steps.append(.int(number))
            number = number % 2 == 0 ? number / 2 : number * 3 + 1
        }
        return [.list(steps), .float(seconds(since: begin))]
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let duration = ContinuousClock.now - start
        return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private static func returnCode(_ call: CallContext, code: Int) async throws -> Bool {
        call.outcome.returnCode = code
        return true
    }

    private static func provider(_ call: CallContext, module: String) async throws -> String {
        guard call.services.registry.modules[module] != nil else { return "" }
        return await ModuleProviders.name(of: module, in: call)
    }

    private static func providers(_ call: CallContext) async throws -> ValueMap {
        var providers: [(Value, Value)] = []
        for module in call.services.registry.modules.keys.sorted() {
            providers.append((.string(await ModuleProviders.name(of: module, in: call)), .string(module)))
        }
        return ValueMap(providers)
    }

    private static func crossTest(_ call: CallContext, function: String, args: [Value]) async throws -> Value {
        try await call.call(function, Arguments(args))
    }

    private static func attempt(_ call: CallContext, function: String, returnError: Bool, kwargs: ValueMap) async throws -> Value {
        do {
            return try await call.call(function, Arguments(keywords: kwargs))
        } catch {
            return returnError ? .string("\(error)") : .null
        }
    }

    private static func randomHash(_ call: CallContext, size: Int, algorithm: String) async throws -> String {
        guard let algorithm = HashAlgorithm(rawValue: algorithm.lowercased()) else { throw ExecutionError("no hash type '\(algorithm)'") }
        let bytes = (0..<64).map { _ in UInt8.random(in: 0...255) }
        return Digest.hexadecimal(bytes, algorithm)
    }

    private static func optionsPackage(_ call: CallContext) async throws -> ValueMap {
        var options = call.services.options
        options["grains"] = .map(call.grains)
        return options
    }

    private static func configurationTest(_ call: CallContext) async throws -> Value {
        call.services.options["test.foo"] ?? "unconfigured"
    }
}
