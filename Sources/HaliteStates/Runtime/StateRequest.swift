import HaliteCore
import HaliteModuleKit
import HaliteValue

/// One call of `state.apply` and its kind: the SLS asked for and the settings of the run.
struct StateRequest: Sendable {
    var sls: [String]
    var context: CallContext
    /// Another top file than the configured one, as `state.top` takes it.
    var topFile: String?
    var exclude: [Value] = []
    /// The environment that was asked for, by the call or the configuration; nil means all that top files speak of.
    private(set) var saltenv: String?
    /// Run although another state run is going on.
    var concurrent = false
    /// What to do while another state run goes on.
    var queue = Queue.refuse
    /// `force=True`: run although the pillar has errors.
    var isForced = false
    /// `mock=True`: check everything and call nothing.
    var isMocked = false
    /// `terse=True`: leave out of the results what needed no change.
    var isTerse = false
    /// Of the highstate these SLS files alone; empty for all.
    var whitelist: [String] = []
    /// Tell the master of each state's end; nil leaves it to the configuration.
    var stateEvents: Bool?

    enum Queue: Sendable, Equatable {
        case refuse
        /// Wait until those before have ended.
        case wait
        /// Wait unless as many stand before.
        case waitUnless(Int)
    }

    /// Reads positional SLS names and the keywords that all functions share.
    init(_ arguments: [Value], _ keywords: ValueMap, in context: CallContext) throws {
        var context = context
        var mods = arguments
        if let keyword = keywords["mods"] { mods.append(keyword) }
        sls = mods.flatMap(Self.names)
        if let test = keywords["test"], !test.isNull { context.test = test.isTruthy }
        let options = context.services.options
        saltenv = options["saltenv"].flatMap { $0.isNull ? nil : $0.pythonString }
        if let wanted = keywords["saltenv"], !wanted.isNull {
            let name = wanted.pythonString
            if options["lock_saltenv"]?.isTruthy == true, name != saltenv {
                throw ExecutionError("lock_saltenv is enabled, saltenv cannot be changed")
            }
            saltenv = name
            context.saltenv = name
        }
        if let pillarenv = keywords["pillarenv"] {
            context.pillarenv = pillarenv.isNull ? nil : pillarenv.pythonString
        } else if options["pillarenv_from_saltenv"]?.isTruthy == true, let wanted = keywords["saltenv"] {
            context.pillarenv = wanted.isNull ? nil : wanted.pythonString
        }
        switch keywords["exclude"] {
        case .list(let list)?: exclude = list
        case .string(let text)?: exclude = text.split(separator: ",").map { .string(String($0)) }
        default: break
        }
        concurrent = keywords["concurrent"]?.isTruthy ?? false
        let wanted = keywords["queue"].flatMap { $0.isNull ? nil : $0 } ?? context.services.options["state_queue"] ?? false
        switch wanted {
        case .bool(true): queue = .wait
        case .int(let limit): queue = .waitUnless(limit)
        default: queue = .refuse
        }
        isForced = keywords["force"]?.isTruthy ?? false
        isMocked = keywords["mock"]?.isTruthy ?? false
        isTerse = keywords["terse"]?.isTruthy ?? false
        stateEvents = keywords["state_events"].flatMap { $0.isNull ? nil : $0.isTruthy }
        whitelist = Self.names(keywords["whitelist"])
        pillarOverride = keywords["pillar"]?.mapValue ?? [:]
        if let renderer = keywords["pillar_enc"], renderer.isTruthy, let pillar = keywords["pillar"], pillar.isTruthy {
            encryptedPillar = (pillar, renderer.pythonString.lowercased())
        } else if let pillar = keywords["pillar"], !pillar.isNull, pillar.mapValue == nil {
            throw ExecutionError("Pillar data must be formatted as a dictionary, unless pillar_enc is specified.")
        }
        self.context = context
    }

    /// Names in a list, or separated by commas.
    private static func names(_ value: Value?) -> [String] {
        switch value {
        case nil, .null?: return []
        case .list(let list)?: return list.map(\.pythonString).filter { !$0.isEmpty }
        case let text?: return text.pythonString.split(separator: ",").map { String($0).trimmingSpaces }.filter { !$0.isEmpty }
        }
    }

    private var pillarOverride: ValueMap = [:]
    private var encryptedPillar: (data: Value, renderer: String)?

    /// The pillar of the command line, decrypted.
    func override() async throws -> ValueMap {
        guard let (data, renderer) = encryptedPillar else { return pillarOverride }
        return try await ValueDecryption.override(data, with: renderer, in: context)
    }
}

/// What a state function returns when nothing could be run: the messages, and the code that says why.
struct StateRefusal: Error {
    /// The return code when the pillar could not be made.
    static let pillarFailure = 5

    let messages: [String]
    let returnCode: Int

    var value: Value { messages.value }
}
