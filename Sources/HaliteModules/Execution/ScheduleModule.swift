import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Jobs that the minion starts by itself.
package struct ScheduleModule: ExecutionModule {
    package static let name = "schedule"
    package static let summary = "Jobs that the minion starts by itself."

    package static let functions: [Function] = [
        Function(
            "list", "Return the jobs.", .optional("show_all", false, "Those whose names begin with two underscores too."),
            .optional("show_disabled", true, "Those that are disabled too."), .optional("where", nil as String?, "opts or pillar alone."),
            .optional("return_yaml", true, "As YAML rather than as data."), .optional("offline", false, "What the file has."),
            example: "halite '*' schedule.list return_yaml=False", body: list),
        Function("is_enabled", "Return a job, or whether the schedule runs.", .optional("name", nil as String?, "The job."), body: isEnabled),
        Function(
            "build_schedule_item", "Return a job as the schedule keeps it.", .required("name", "The job."),
            .keywords("kwargs", "function, seconds, minutes, hours, days, when, cron, job_args, job_kwargs, splay, range and more."), body: build),
        Function(
            "add", "Add a job.", .required("name", "The job."),
            .keywords("kwargs", "As for build_schedule_item; test, persist and offline."),
            example: "halite '*' schedule.add hourly function=test.ping minutes=60", body: add),
        Function("modify", "Change a job.", .required("name", "The job."), .keywords("kwargs", "As for add."), body: modify),
        Function("delete", "Remove a job.", .required("name", "The job."), .keywords("kwargs", "test, persist, offline."), body: delete),
        Function("purge", "Remove all jobs.", .keywords("kwargs", "test, persist, offline."), body: purge),
        Function("enable_job", "Let a job run.", .required("name", "The job."), .keywords("kwargs", "persist."), body: enableJob),
        Function("disable_job", "Keep a job from running.", .required("name", "The job."), .keywords("kwargs", "test, persist."), body: disableJob),
        Function("enable", "Let jobs run.", .keywords("kwargs", "test, persist."), body: enable),
        Function("disable", "Keep all jobs from running.", .keywords("kwargs", "test, persist."), body: disable),
        Function("save", "Write the jobs down.", .keywords("kwargs", "test."), body: save),
        Function("reload", "Read the jobs of the pillar and of schedule.conf anew.", body: reload),
    ]

    // MARK: - Looking

    /// The jobs as Salt shows them, and keys such as `enabled` that concern all.
    static func jobs(_ call: CallContext, all: Bool, offline: Bool, place: String? = nil) async throws -> ValueMap {
        let kept = KeptSettings.schedule(call)
        let found: ValueMap =
            switch (offline, place) {
            case (true, _): try await kept.saved()
            case (_, "opts"): try await kept.own()
            case (_, "pillar"): kept.ofPillar()
            default: try await kept.all()
            }
        var shown = ValueMap()
        for (name, value) in found where all || !name.pythonString.hasPrefix("__") {
            shown[name] = value.mapValue.map { .map(ScheduleItem.shown($0)) } ?? value
        }
        return shown
    }

    private static func list(
        _ call: CallContext, all: Bool, disabled: Bool, place: String?, asText: Bool, offline: Bool
    ) async throws -> Value {
        var jobs = try await jobs(call, all: all, offline: offline, place: place)
        if !disabled {
            for (name, value) in jobs where value.mapValue?["enabled"]?.isTruthy == false { jobs[name] = nil }
        }
        guard asText else { return .map(jobs) }
        let saved = try await KeptSettings.schedule(call).saved()
        for (name, value) in jobs {
            guard var job = value.mapValue else { continue }
            job["saved"] = .bool(saved[name] != nil)
            jobs[name] = .map(job)
        }
        return .string(try await Serialization.yaml(["schedule": .map(jobs)], call))
    }

    private static func isEnabled(_ call: CallContext, name: String?) async throws -> Value {
        let jobs = try await jobs(call, all: false, offline: false)
        guard let name, !name.isEmpty else { return jobs["enabled"] ?? true }
        return jobs[name] ?? [:]
    }

    private static func build(_ call: CallContext, name: String, keywords: ValueMap) async throws -> ValueMap {
        do { return try ScheduleItem.build(name, keywords) } catch let refusal as ScheduleItem.Refusal {
            return ["comment": .string(refusal.comment), "result": false]
        }
    }

    // MARK: - Changing

    private static func answer(_ comment: String, _ result: Bool, _ changes: ValueMap = [:]) -> ValueMap {
        ["comment": .string(comment), "result": .bool(result), "changes": .map(changes)]
    }

    /// Writes jobs where they belong: into the file alone, or into what runs and the file.
    private static func store(_ call: CallContext, _ keywords: ValueMap, _ change: (inout ValueMap) -> Void) async throws {
        let kept = KeptSettings.schedule(call)
        if keywords["offline"]?.isTruthy == true {
            var saved = try await kept.saved()
            change(&saved)
            return try await kept.save(saved)
        }
        var own = try await kept.own()
        change(&own)
        try await kept.set(own, persist: keywords["persist"]?.isTruthy ?? true)
    }

    private static func isTest(_ keywords: ValueMap) -> Bool { keywords["test"]?.isTruthy ?? false }
    private static func isOffline(_ keywords: ValueMap) -> Bool { keywords["offline"]?.isTruthy ?? false }

    private static func add(_ call: CallContext, name: String, keywords: ValueMap) async throws -> ValueMap {
        if try await jobs(call, all: true, offline: isOffline(keywords))[name] != nil {
            return answer("Job \(name) already exists in schedule.", false)
        }
        if let conflict = ScheduleItem.conflict(
            keywords, words: "Error: Unable to use \"seconds\", \"minutes\", \"hours\", or \"days\" with \"when\" or \"cron\" options.")
        {
            return answer(conflict, false)
        }
        let item = try await build(call, name: name, keywords: keywords)
        if item["result"]?.isTruthy == false { return item }
        if isTest(keywords) { return answer("Job: \(name) would be added to schedule.", true) }
        try await store(call, keywords) { $0[name] = .map(item) }
        return answer("Added job: \(name) to schedule.", true, [.string(name): "added"])
    }

    private static func modify(_ call: CallContext, name: String, keywords: ValueMap) async throws -> ValueMap {
        if let conflict = ScheduleItem.conflict(
            keywords, words: "Error: Unable to use \"seconds\", \"minutes\", \"hours\", or \"days\" with \"when\" option.")
        {
            return answer(conflict, false)
        }
        guard let current = try await jobs(call, all: true, offline: isOffline(keywords))[name]?.mapValue else {
            return answer("Job \(name) does not exist in schedule.", false)
        }
        var keywords = keywords
        if keywords["function"] == nil { keywords["function"] = current["function"] ?? .null }
        let item = try await build(call, name: name, keywords: keywords)
        if item["result"]?.isTruthy == false { return item }
        if item == current { return answer("Job \(name) in correct state", true) }
        let changes: ValueMap = [.string(name): ["old": .map(current), "new": .map(item)]]
        if isTest(keywords) { return answer("Job: \(name) would be modified in schedule.", true, changes) }
        try await store(call, keywords) { $0[name] = .map(item) }
        return answer("Modified job: \(name) in schedule.", true, changes)
    }

    private static func delete(_ call: CallContext, name: String, keywords: ValueMap) async throws -> ValueMap {
        if isTest(keywords) { return answer("Job: \(name) would be deleted from schedule.", true) }
        guard try await jobs(call, all: true, offline: isOffline(keywords), place: "opts")[name] != nil else {
            return answer("Job \(name) does not exist.", false)
        }
        try await store(call, keywords) { $0[name] = nil }
        return answer("Deleted Job \(name) from schedule.", true, [.string(name): "removed"])
    }

    private static func purge(_ call: CallContext, keywords: ValueMap) async throws -> ValueMap {
        let names = try await jobs(call, all: true, offline: isOffline(keywords), place: "opts").map(\.key)
            .filter { $0 != "enabled" && !$0.pythonString.hasPrefix("__") }
        var changes = ValueMap()
        if !isTest(keywords) {
            try await store(call, keywords) { settings in for name in names { settings[name] = nil } }
            for name in names { changes[name] = "removed" }
        }
        let comments = names.map { name -> Value in
            let name = name.pythonString
            return .string(isTest(keywords) ? "Job: \(name) would be deleted from schedule." : "Deleted job: \(name) from schedule.")
        }
        return ["comment": .list(comments), "changes": .map(changes), "result": true]
    }

    private static func setEnabled(_ call: CallContext, _ name: String, _ isOn: Bool, _ keywords: ValueMap, test: Bool) async throws -> ValueMap {
        let word = isOn ? "enabled" : "disabled"
        if test { return answer("Job: \(name) would be \(word) in schedule.", true) }
        guard var job = try await KeptSettings.schedule(call).own()[name]?.mapValue else { return answer("Job \(name) does not exist.", false) }
        job["enabled"] = .bool(isOn)
        try await store(call, keywords) { $0[name] = .map(job) }
        return answer("\(isOn ? "Enabled" : "Disabled") Job \(name) in schedule.", true, [.string(name): .string(word)])
    }

    private static func enableJob(_ call: CallContext, name: String, keywords: ValueMap) async throws -> ValueMap {
        try await setEnabled(call, name, true, keywords, test: call.test)
    }

    private static func disableJob(_ call: CallContext, name: String, keywords: ValueMap) async throws -> ValueMap {
        try await setEnabled(call, name, false, keywords, test: isTest(keywords))
    }

    private static func setAll(_ call: CallContext, _ isOn: Bool, _ keywords: ValueMap) async throws -> ValueMap {
        let word = isOn ? "enabled" : "disabled"
        if isTest(keywords) { return answer("Schedule would be \(word).", true) }
        try await store(call, keywords) { $0["enabled"] = .bool(isOn) }
        return answer("\(isOn ? "Enabled" : "Disabled") schedule on minion.", true, ["schedule": .string(word)])
    }

    private static func enable(_ call: CallContext, keywords: ValueMap) async throws -> ValueMap { try await setAll(call, true, keywords) }
    private static func disable(_ call: CallContext, keywords: ValueMap) async throws -> ValueMap { try await setAll(call, false, keywords) }

    private static func save(_ call: CallContext, keywords: ValueMap) async throws -> ValueMap {
        if isTest(keywords) { return ["comment": "Schedule would be saved.", "result": true] }
        let kept = KeptSettings.schedule(call)
        try await kept.save(try await kept.own())
        return ["comment": "Schedule (non-pillar items) saved.", "result": true]
    }

    private static func reload(_ call: CallContext) async throws -> ValueMap {
        var comments: [Value] = []
        if call.pillar["schedule"] != nil {
            _ = try await call.services.refreshPillar(call)
            comments.append("Reloaded schedule from pillar on minion.")
        }
        let kept = KeptSettings.schedule(call)
        let saved = try await kept.saved()
        if !saved.isEmpty {
            try await kept.set(saved, persist: false)
            comments.append("Reloaded schedule on minion from schedule.conf.")
        }
        return ["comment": .list(comments), "result": true]
    }
}
