import HaliteValue

/// A name, attribute or element that is not there.
public final class JinjaUndefined {
    let hint: String?
    /// The value that lacks the attribute or element.
    let owner: JinjaValue?
    let name: JinjaValue?
    package let policy: UndefinedPolicy
    /// The class of the error that any use raises.
    let kind: JinjaError.Kind
    /// The nearest known name, found when the error is made.
    let suggest: (() -> String?)?

    package init(
        hint: String? = nil, owner: JinjaValue? = nil, name: JinjaValue? = nil, policy: UndefinedPolicy,
        kind: JinjaError.Kind = .undefined, suggest: (() -> String?)? = nil
    ) {
        self.kind = kind
        self.hint = hint
        self.owner = owner
        self.name = name
        self.policy = policy
        self.suggest = suggest
    }

    package var message: String {
        if let hint { return hint }
        let shown = (try? name?.repr()) ?? "None"
        guard let owner else { return "\(shown) is undefined" }
        let repr = owner.objectTypeRepr
        guard case .string = name else { return "\(repr) has no element \(shown)" }
        return "\(repr.quoted) has no attribute \(shown)"
    }

    package func error() -> JinjaError {
        var error = JinjaError(kind, message)
        error.suggestion = suggest?() ?? nearestAttribute
        return error
    }

    /// The key or method of the owner that is nearest to the name.
    private var nearestAttribute: String? {
        guard let owner, case .string(let wanted)? = name else { return nil }
        let known: [String] =
            switch owner {
            case .dict(let dict): dict.entries.compactMap(\.key.text) + DictMethods.table.keys
            case .string, .markup: Array(StringMethods.table.keys)
            case .list: Array(ListMethods.table.keys)
            case .object(let object):
                object.namespace?.values.entries.compactMap(\.key.text)
                    ?? (object.loop == nil ? [] : LoopAttribute.allCases.map(\.rawValue))
            default: []
            }
        return nearestName(to: wanted, among: known)
    }

    /// What it knows of itself, by the names that it has in Jinja2.
    func attribute(_ attribute: String) -> JinjaValue? {
        switch attribute {
        case "_undefined_name": name ?? .null
        case "_undefined_hint": hint.map { .string($0) } ?? .null
        case "_undefined_message": .string(message)
        default: nil
        }
    }

    /// What a `DebugUndefined` prints.
    var debugText: String {
        let shown = (try? name?.str()) ?? "None"
        if let hint { return "{{ undefined value printed: \(hint) }}" }
        guard let owner else { return "{{ \(shown) }}" }
        return "{{ no such element: \(owner.objectTypeRepr)[\((try? name?.repr()) ?? "None")] }}"
    }

    func str() throws -> String {
        switch policy {
        case .strict: throw error()
        case .debug: return debugText
        case .default, .chainable: return ""
        }
    }
}

extension JinjaValue {
    /// How Jinja2 names the type of an owner in messages.
    var objectTypeRepr: String {
        switch self {
        case .null: "None"
        case .markup: "markupsafe.Markup object"
        case .undefined(let value): "jinja2.runtime.\(value.policy.className) object"
        case .tuple(let tuple) where tuple.isGroup: "jinja2.filters._GroupTuple object"
        case .object(let object): "\(object.qualifiedTypeName) object"
        case .dict(let dict) where dict.isOrdered: "collections.OrderedDict object"
        default: "\(typeName) object"
        }
    }
}

extension String {
    /// The text in Python's quotes.
    package var quoted: String { PythonText.repr(self) }
}
