import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Judges what minions returned to one step of an orchestration, in the words of Salt 3008.
struct MinionJudgement {
    private let failMinions: [String]
    private var changes = ValueMap()
    private var failed: [String] = []
    private var details: [String] = []
    private var unchanged: [String] = []

    init(_ keywords: ValueMap) {
        failMinions =
            switch keywords["fail_minions"] {
            case .string(let text)?: text.split(separator: ",").map { String($0.drop { $0 == " " }) }
            case .list(let list)?: list.map(\.pythonString)
            default: []
            }
    }

    mutating func addStateRun(_ minion: String, _ answer: ValueMap) {
        let value = answer["ret"] ?? .null
        let noReturn = answer["failed"]?.isTruthy == true
        let good = !noReturn && Self.isGood(value)
        guard good else {
            if !failMinions.contains(minion) {
                failed.append(minion)
                if let detail = Self.detail(minion, value, noReturn) { details.append(detail) }
            }
            changes[minion] = noReturn ? false : value
            return
        }
        let changed = value.mapValue?.values.contains { $0["changes"]?.isTruthy == true } ?? false
        if changed { changes[minion] = value } else { unchanged.append(minion) }
    }

    /// Whether every state of a run went well; nested orchestrations are looked into.
    static func isGood(_ value: Value) -> Bool {
        guard case .map(let map) = value, !map.isEmpty else { return false }
        for element in map.values {
            guard case .map(let state) = element else { return false }
            if let result = state["result"] {
                if result == .bool(false) { return false }
            } else if !isGood(element) {
                return false
            }
        }
        return true
    }

    private static func detail(_ minion: String, _ value: Value, _ noReturn: Bool) -> String? {
        if noReturn { return "\(minion): \(value.pythonString)" }
        switch value {
        case .list(let list): return "\(minion): " + list.map(\.pythonString).joined(separator: "\n")
        case .string(let text): return "\(minion): \(text)"
        default: return nil
        }
    }

    func stateResult(name: String, allowFail: Int, test: Bool, jobID: Value?) -> StateResult {
        var result = StateResult(name: name, result: true, comment: "")
        if !changes.isEmpty { result.changes = ["out": "highstate", "ret": .map(changes)] }
        if failed.count > allowFail {
            result.result = false
            result.comment = (["Run failed on minions: " + failed.joined(separator: ", ")] + details).joined(separator: "\n")
        } else {
            result.comment = "States ran successfully."
            if !changes.isEmpty { result.comment += " Updating \(changes.keys.map(\.pythonString).joined(separator: ", "))." }
            if !unchanged.isEmpty { result.comment += " No changes made to \(unchanged.joined(separator: ", "))." }
        }
        if test, !changes.isEmpty, result.result == true { result.result = nil }
        if let jobID { result.extra["__jid__"] = jobID }
        return result
    }

    mutating func addFunction(_ minion: String, _ answer: ValueMap) {
        let noReturn = answer["failed"]?.isTruthy == true
        let value = noReturn ? false : answer["ret"] ?? .null
        let bad = noReturn || (answer["retcode"]?.intValue ?? 0) != 0 || value == .bool(false)
        if bad, !failMinions.contains(minion) {
            failed.append(minion)
            if noReturn, let detail = Self.detail(minion, answer["ret"] ?? .null, true) { details.append(detail) }
        }
        changes[minion] = value
    }

    func functionResult(name: String, jobID: Value?) -> StateResult {
        var result = StateResult(name: name, result: failed.isEmpty, comment: "", changes: ["ret": .map(changes)])
        result.comment =
            failed.isEmpty
            ? "Function ran successfully." : "Running function \(name) failed on minions: \(failed.joined(separator: ", "))"
        result.comment += " Function \(name) ran on \(changes.keys.map(\.pythonString).joined(separator: ", "))."
        if !details.isEmpty { result.comment += "\n" + details.joined(separator: "\n") }
        if let jobID { result.extra["__jid__"] = jobID }
        return result
    }
}
