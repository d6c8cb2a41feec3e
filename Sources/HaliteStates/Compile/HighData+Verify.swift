import HaliteCore
import HaliteValue

extension HighData {
    /// Everything that is wrong with the shape of the data, worded as Salt 3008 words it.
    func verify() -> [String] {
        var errors: [String] = []
        for (key, value) in map {
            let id = key.pythonString
            if key.stringValue == nil {
                let sls = value["__sls__"]?.pythonString ?? ""
                errors.append(
                    "ID '\(id)' in SLS '\(sls)' is not formed as a string, but is type \(key.typeName). It may need to be quoted.")
            } else if id.hasPrefix("__") {
                continue
            }
            guard case .map(let body) = value else {
                errors.append("The type \(id) in \(value.orderedText) is not formatted as a dictionary")
                continue
            }
            for (state, run) in body {
                guard let state = state.stringValue, !state.hasPrefix("__") else { continue }
                verify(id: id, state: state, run: run, sls: body.sls, into: &errors)
            }
        }
        return errors
    }

    private func verify(id: String, state: String, run: Value, sls: String, into errors: inout [String]) {
        if run.isNull {
            errors.append(
                "ID '\(id)' in SLS '\(sls)' contains a short declaration (\(state)) with a trailing colon. "
                    + "When not passing any arguments to a state, the colon must be omitted.")
            return
        }
        guard case .list(let list) = run else {
            errors.append("State '\(id)' in SLS '\(sls)' is not formed as a list")
            return
        }
        var functions = state.contains(".") ? 1 : 0
        for argument in list {
            if case .string(let text) = argument {
                functions += 1
                if text.contains(where: { $0 == " " }), text.trimmingSpaces.contains(" ") {
                    errors.append(
                        "The function \"\(text)\" in state \"\(id)\" in SLS \"\(sls)\" has whitespace, a function with "
                            + "whitespace is not supported, perhaps this is an argument that is missing a \":\"")
                }
            } else if case .map(let map) = argument, let first = map.first {
                verifyArgument(map, first.key.pythonString, first.value, id: id, sls: sls, into: &errors)
            }
        }
        if functions == 0 {
            errors.append("No function declared in state '\(id)' in SLS '\(sls)'")
        } else if functions > 1 {
            var names = state.contains(".") ? [String(state.drop { $0 != "." }.dropFirst())] : []
            names += list.compactMap(\.stringValue)
            errors.append(
                "Too many functions declared in state '\(id)' in SLS '\(sls)'. Please choose one of the following: "
                    + names.joined(separator: ", "))
        }
    }

    private func verifyArgument(
        _ argument: ValueMap, _ key: String, _ value: Value, id: String, sls: String, into errors: inout [String]
    ) {
        if key == "names", value.listValue == nil {
            errors.append("The 'names' argument in state '\(id)' in SLS '\(sls)' needs to be formed as a list")
        }
        guard StateKeywords.requisites.contains(key) else { return }
        guard case .list(let requisites) = value else {
            errors.append("The \(key) statement in state '\(id)' in SLS '\(sls)' needs to be formed as a list")
            return
        }
        for requisite in requisites {
            if case .string = requisite { continue }
            guard case .map(let map) = requisite, map.count == 1, let (kind, target) = map.first else {
                errors.append(
                    "Requisite declaration \(requisite.orderedText) in state \(id) in SLS \(sls) is not formed as a single key dictionary")
                continue
            }
            let kindText = kind.pythonString
            if kindText.contains(".") {
                errors.append(
                    "Invalid requisite type '\(kindText)' in state '\(id)', in SLS '\(sls)'. Requisite types must not contain "
                        + "dots, did you mean '\(kindText.stateModule)'?")
            }
            switch target {
            case .list, .map:
                errors.append("Illegal requisite \"\(target.orderedText)\" in SLS \"\(sls)\", please check your syntax.\n")
            default: break
            }
        }
        if argument.count != 1 {
            errors.append("Multiple dictionaries defined in argument of state '\(id)' in SLS '\(sls)'")
        }
    }

    /// Removes what `exclude` names, by id or by SLS.
    mutating func applyExclude() {
        guard let exclude = map.removeValue(forKey: "__exclude__")?.listValue else { return }
        var slsPatterns: [String] = []
        var excluded: Set<String> = []
        for element in exclude {
            switch element {
            case .string(let sls): slsPatterns.append(sls)
            case .map(let pair) where pair.count == 1:
                if let sls = pair["sls"] { slsPatterns.append(sls.pythonString) }
                if let id = pair["id"] { excluded.insert(id.pythonString) }
            default: break
            }
        }
        for (id, body) in ids where slsPatterns.contains(where: { GlobPattern($0).matches(body.sls) }) { excluded.insert(id) }
        if !excluded.isEmpty { map = ValueMap(map.filter { !excluded.contains($0.key.pythonString) }.map { ($0.key, $0.value) }) }
    }
}

extension String {
    var trimmingSpaces: String {
        var text = self[...]
        while let first = text.unicodeScalars.first, first.properties.isWhitespace { text = text.dropFirst() }
        while let last = text.unicodeScalars.last, last.properties.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}

extension Value {
    /// As Python prints data of an SLS file, whose maps are ordered dictionaries: users search the messages for this form.
    var orderedText: String { stringValue ?? orderedRepr }

    private var orderedRepr: String {
        switch self {
        case .map(let map) where map.isEmpty: "OrderedDict()"
        case .map(let map): "OrderedDict([" + map.map { "(\($0.key.orderedRepr), \($0.value.orderedRepr))" }.joined(separator: ", ") + "])"
        case .list(let list): "[" + list.map(\.orderedRepr).joined(separator: ", ") + "]"
        default: pythonRepr
        }
    }
}
