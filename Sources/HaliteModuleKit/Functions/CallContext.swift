import HaliteCore
import HaliteHost
import HaliteValue
import Synchronization

/// Everything a function may use: the host it acts upon, the data of the minion and the services around it.
package struct CallContext: Sendable {
    package var host: any Host
    package let services: any MinionServices
    package var grains: ValueMap
    package var pillar: ValueMap
    package var saltenv: String
    package var pillarenv: String?
    /// True when the caller asked for `test=True`. Only `StateContext.change` looks at it.
    package var test: Bool
    package var jobID: String
    /// The full name of the function that runs, such as `pkg.install`.
    package var function: String
    /// The user for programs of `cmd.*` that name none: the `runas` of a state.
    package var runas: String?
    /// Hears of the changes of states before they are made.
    package var journal: (any ChangeJournal)?
    /// What the call tells beside its return.
    package let outcome: CallOutcome
    /// Whether a template, a state or another function made the call, rather than a user. `cmd.run` then takes no
    /// shell unless told to, as in Salt.
    package var isNested = false
    /// An external pillar for this call alone: `pillar.ext`.
    package var externalPillar: ValueMap?
    /// What functions remember for the others of the same run: one list of packages, one refresh, accumulated text.
    package var memory = RunMemory()
    /// What the templates of a run have changed of its data; nil where nothing is kept.
    package var shared: SharedData?

    package init(
        host: any Host, services: any MinionServices, grains: ValueMap, pillar: ValueMap, saltenv: String = "base",
        pillarenv: String? = nil, test: Bool = false, jobID: String = "", function: String = "",
        outcome: CallOutcome = CallOutcome()
    ) {
        self.host = host
        self.services = services
        self.grains = grains
        self.pillar = pillar
        self.saltenv = saltenv
        self.pillarenv = pillarenv
        self.test = test
        self.jobID = jobID
        self.function = function
        self.outcome = outcome
    }

    /// Calls another function on the same minion.
    package func call(_ function: String, _ arguments: Arguments) async throws -> Value {
        var nested = self
        nested.isNested = true
        shared?.apply(to: &nested, function: function)
        return try await services.call(function, arguments, in: nested)
    }

    package func call(_ function: String, _ positional: Value..., keywords: ValueMap = [:]) async throws -> Value {
        try await call(function, Arguments(positional, keywords: keywords))
    }

    /// The value at `a:b:c` in data, as `pillar.get` and `grains.get` find it.
    package static func traverse(_ data: Value, _ path: String, delimiter: String = ":") -> Value? {
        DataPath.traverse(data, path, delimiter: delimiter)
    }
}

/// The side channel of a call: the return code that Salt's modules set through `__context__`.
package final class CallOutcome: Sendable {
    private let code = Mutex(0)

    package init() {}

    package var returnCode: Int {
        get { code.withLock { $0 } }
        set { code.withLock { $0 = newValue } }
    }
}

/// Values that the functions of one job or state run share; Salt's `__context__`.
package final class RunMemory: Sendable {
    private let values = Mutex<[String: Value]>([:])
    private let objects = Mutex<[String: (stamp: String, object: any Sendable)]>([:])

    package init() {}

    /// What was made of a file earlier in the run, if the file still bears the stamp; else makes it anew.
    package func object<Object: Sendable>(_ key: String, stamp: String, make: () async throws -> Object) async rethrows -> Object {
        if let kept = objects.withLock({ $0[key] }), kept.stamp == stamp, let object = kept.object as? Object { return object }
        let object = try await make()
        objects.withLock { $0[key] = (stamp, object) }
        return object
    }

    package subscript(key: String) -> Value? {
        get { values.withLock { $0[key] } }
        set { values.withLock { $0[key] = newValue } }
    }
}

/// A failure that the caller sees as the function's error, worded for users.
package struct ExecutionError: Error, CustomStringConvertible, Equatable {
    package let description: String
    package init(_ description: String) { self.description = description }
}
