import HaliteCore
import HaliteModuleKit
import HaliteValue

/// One call to minions from the master, with what `salt.state`, `salt.function` and `saltutil.cmd` need to know.
struct MinionCommand: Sendable {
    var target: Target
    var function: String
    var arguments: Arguments
    /// How many minions at once: a number, or a percentage such as `25%`; nil for all.
    var batch: String?
    /// Only so many of the minions that match, chosen by chance.
    var subset: Int?
    var failhard = false

    /// What came back, in the form of `saltutil.cmd`: minion to `{ret, retcode, jid, out}`, with `failed` where nothing came.
    func run(on master: MasterService, user: String) async throws -> ValueMap {
        var minions = try master.minions(matching: target)
        if let subset { minions = Array(minions.shuffled().prefix(subset)).sorted() }
        if batch == nil, subset == nil { return try await send(target, on: master, user) }
        var results = ValueMap()
        var rest = minions[...]
        let size = try batchSize(minions.count)
        while !rest.isEmpty {
            let part = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            let answers = try await send(Target(part.value, kind: .list), on: master, user)
            for (minion, answer) in answers { results[minion] = answer }
            let isBad = answers.values.contains { $0["failed"]?.isTruthy == true || ($0["retcode"]?.intValue ?? 0) != 0 }
            if failhard, isBad { break }
        }
        return results
    }

    private func batchSize(_ count: Int) throws -> Int {
        guard let batch else { return max(count, 1) }
        if batch.hasSuffix("%"), let percent = Double(batch.dropLast()), percent > 0 {
            return max(1, Int((Double(count) * percent / 100).rounded()))
        }
        guard let number = Int(batch), number > 0 else {
            throw ExecutionError("the batch '\(batch)' is neither a number nor a percentage")
        }
        return number
    }

    private func send(_ target: Target, on master: MasterService, _ user: String) async throws -> ValueMap {
        let job = try await master.publish(function, arguments, target: target, user: user)
        var results = ValueMap()
        for await update in job.updates {
            switch update {
            case .returned(let result):
                var map: ValueMap = ["ret": result.value, "retcode": .int(result.returnCode), "jid": .string(job.jobID)]
                if let outputter = result.outputter { map["out"] = .string(outputter) }
                results[result.minion] = .map(map)
            case .missing(let minion, let reason):
                results[minion] = .map([
                    "ret": .string("Minion did not return. [\(reason)]"), "out": "no_return", "retcode": 1, "failed": true,
                    "jid": .string(job.jobID),
                ])
            }
        }
        // By name, not by who was first: the same run is told in the same words.
        return ValueMap(
            results.sorted { $0.key.pythonString.utf8.lexicographicallyPrecedes($1.key.pythonString.utf8) }.map { ($0.key, $0.value) })
    }
}
