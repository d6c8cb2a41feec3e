import HaliteValue

/// What the requisites of a chunk say about it.
extension StateRun {
    typealias Requisites = [(type: RequisiteType, chunks: [Int])]

    enum Status { case unmet, pending, met, change, skipWatch, skipRequisite, fail, pre, onfail, onchanges }

    func checkRequisites(_ chunk: LowChunk, testRun: Bool) async -> (Status, Requisites) {
        var grouped: Requisites = []
        for (type, index) in graph.dependencies(ofTag: chunk.tag, testRun: testRun) {
            if let place = grouped.firstIndex(where: { $0.type == type }) {
                grouped[place].chunks.append(index)
            } else {
                grouped.append((type, [index]))
            }
        }
        if !parallel.isEmpty {
            let tags = grouped.flatMap(\.chunks).map { graph.chunks[$0].tag }
            if chunk.data["parallel"]?.isTruthy == true, !testRun {
                await reconcileParallel()
                if tags.contains(where: parallel.contains) { return (tags.allSatisfy { results[$0] != nil } ? .pending : .unmet, grouped) }
            } else {
                await settle(tags)
            }
        }
        var all: Set<String> = []
        for (type, chunks) in grouped { all.formUnion(outcomes(type, chunks)) }
        return (Self.status(all), grouped)
    }

    private func outcomes(_ type: RequisiteType, _ chunks: [Int]) -> Set<String> {
        var outcomes: Set<String> = []
        for index in chunks {
            let tag = graph.chunks[index].tag
            let found = type.base == .prereq ? foreseen[tag] : results[tag]?.mapValue
            guard let result = found else {
                outcomes.insert("unmet")
                continue
            }
            if result["skip_req"]?.isTruthy == true { outcomes.insert("skip_req") }
            let failed = result["result"] == .bool(false)
            let changed = result["changes"]?.isTruthy == true
            switch type.base {
            case .onfail:
                if result["result"] == .bool(true) {
                    outcomes.insert("onfail")
                    continue
                }
            case .onchanges:
                outcomes.insert(failed || !changed ? "onchanges" : "onchangesmet")
                continue
            default:
                if failed {
                    outcomes.insert("fail")
                    continue
                }
            }
            if type.base == .watch, changed {
                outcomes.insert("change")
            } else if type.base == .prereq {
                outcomes.insert(result["result"]?.isNull == true ? "premet" : "pre")
            } else if result["__state_ran__"]?.isTruthy ?? true {
                outcomes.insert("met")
            }
        }
        if type.isAny || type == .onfail || type == .onfailAny {
            if outcomes.contains("met") || outcomes.contains("change") { outcomes.remove("fail") }
            if outcomes.contains("onchangesmet") { outcomes.subtract(["onchanges", "fail"]) }
            if outcomes.contains("met") { outcomes.remove("onfail") }
        }
        if type == .onfailAll, outcomes.contains("onfail") { outcomes.remove("met") }
        return outcomes
    }

    private static func status(_ all: Set<String>) -> Status {
        if all.contains("unmet") { return .unmet }
        if all.contains("fail") { return .fail }
        if all.contains("skip_req") {
            if all.contains("onchangesmet") || all.contains("premet") { return .skipRequisite }
            if all.contains("change") { return .skipWatch }
        }
        if all.contains("pre") { return all.contains("premet") ? .met : .pre }
        if all.contains("onfail"), !all.contains("onchangesmet") { return .onfail }
        if all.contains("onchanges"), !all.contains("onchangesmet") { return .onchanges }
        if all.contains("change") { return .change }
        return all.contains("onfail") ? .onfail : .met
    }
}
