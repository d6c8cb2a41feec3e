import HaliteValue

/// What a function is called with.
package struct Arguments: Sendable, Hashable {
    package var positional: [Value]
    package var keywords: ValueMap

    package init(_ positional: [Value] = [], keywords: ValueMap = [:]) {
        self.positional = positional
        self.keywords = keywords
    }

    /// Reads the form that jobs carry: a list in which a map with `__kwarg__: True` gives keywords, as in Salt.
    package init(jobForm list: [Value]) {
        self.init()
        for element in list {
            if case .map(var map) = element, map["__kwarg__"]?.isTruthy == true {
                map.removeValue(forKey: "__kwarg__")
                for (key, value) in map { keywords[key] = value }
            } else {
                positional.append(element)
            }
        }
    }

    package var jobForm: [Value] {
        if keywords.isEmpty { return positional }
        var map = keywords
        map["__kwarg__"] = true
        return positional + [.map(map)]
    }
}
