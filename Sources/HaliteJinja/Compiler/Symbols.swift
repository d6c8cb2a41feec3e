/// The variables of one function: the template itself, a block, a macro, a recursive loop.
final class FunctionScope {
    let depth: Int
    private struct Key: Hashable {
        let level: Int
        let name: String
    }

    private var slots: [Key: Int] = [:]
    private(set) var count = 0

    init(depth: Int) { self.depth = depth }

    /// Scopes of one level share slots by name, as they never run at the same time.
    func slot(level: Int, name: String) -> Int {
        let key = Key(level: level, name: name)
        if let slot = slots[key] { return slot }
        slots[key] = count
        count += 1
        return count - 1
    }
}

/// Where a name lives.
struct SlotReference: Equatable {
    let function: FunctionScope
    let slot: Int

    static func == (left: SlotReference, right: SlotReference) -> Bool {
        left.function === right.function && left.slot == right.slot
    }
}

/// How a slot gets its first value when its scope is entered.
enum SlotLoad {
    case parameter
    /// From the context.
    case resolve(String)
    /// From the same name further out.
    case alias(SlotReference)
    case undefined
}

/// The names of one scope, found before it is compiled. This follows Jinja2's own analysis step by step, because what a
/// name means in a branch or a loop depends on it.
final class Symbols {
    let level: Int
    let parent: Symbols?
    let function: FunctionScope
    private(set) var references: [String: SlotReference] = [:]
    /// In order of definition.
    private(set) var loads: [(slot: SlotReference, load: SlotLoad)] = []
    private(set) var stores: Set<String> = []

    /// Keeps the slots apart from those of another scope of the same level that is alive at the same time.
    private let variant: String

    init(parent: Symbols?, function: FunctionScope, level: Int? = nil, variant: String = "") {
        self.parent = parent
        self.function = function
        self.variant = variant
        self.level = level ?? (parent.map { $0.level + 1 } ?? 0)
    }

    func copy() -> Symbols {
        let result = Symbols(parent: parent, function: function, level: level, variant: variant)
        result.references = references
        result.loads = loads
        result.stores = stores
        return result
    }

    func find(_ name: String) -> SlotReference? { references[name] ?? parent?.find(name) }

    func load(_ name: String) {
        if find(name) == nil { define(name, .resolve(name)) }
    }

    func store(_ name: String) {
        stores.insert(name)
        guard references[name] == nil else { return }
        if let outer = parent?.find(name) { define(name, .alias(outer)) } else { define(name, .undefined) }
    }

    @discardableResult
    func declareParameter(_ name: String) -> SlotReference {
        stores.insert(name)
        return define(name, .parameter)
    }

    @discardableResult
    private func define(_ name: String, _ load: SlotLoad) -> SlotReference {
        let reference = SlotReference(function: function, slot: function.slot(level: level, name: variant + name))
        references[name] = reference
        setLoad(reference, load)
        return reference
    }

    private func setLoad(_ reference: SlotReference, _ load: SlotLoad) {
        if let position = loads.firstIndex(where: { $0.slot == reference }) {
            loads[position].load = load
        } else {
            loads.append((reference, load))
        }
    }

    /// Joins what the branches of an `if` did: a name that is set in some of them has its outer value in the others.
    func update(branches: [Symbols]) {
        var names: Set<String> = []
        for branch in branches { names.formUnion(branch.stores) }
        names.subtract(stores)
        for branch in branches {
            references.merge(branch.references) { $1 }
            for (slot, load) in branch.loads { setLoad(slot, load) }
            stores.formUnion(branch.stores)
        }
        for name in names.sorted() {
            guard let target = find(name) else { continue }
            if let outer = parent?.find(name) { setLoad(target, .alias(outer)) } else { setLoad(target, .resolve(name)) }
        }
    }

    /// Every name set here or further out, with its place: what an included template may see.
    func visibleStores() -> [(name: String, slot: SlotReference)] {
        var result: [(String, SlotReference)] = []
        var seen: Set<String> = []
        var scope: Symbols? = self
        while let current = scope {
            for name in current.stores.sorted() where seen.insert(name).inserted {
                if let slot = find(name) { result.append((name, slot)) }
            }
            scope = current.parent
        }
        return result
    }
}
