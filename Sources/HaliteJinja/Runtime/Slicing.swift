import HaliteValue

/// `value[start:stop:step]`.
enum Slicing {
    static func slice(_ owner: JinjaValue, start: JinjaValue?, stop: JinjaValue?, step: JinjaValue?) throws -> JinjaValue {
        try requireSliceable(owner)
        if owner.isUndefined { return owner }
        let stepValue = try bound(step) ?? 1
        if stepValue == 0 { throw JinjaError(.value, "slice step cannot be zero") }
        let first = try bound(start)
        let last = try bound(stop)
        func positions(_ count: Int) -> [Int] { indices(count, first, last, stepValue) }
        switch owner {
        case .list(let list): return .list(of: positions(list.count).map { list.items[$0] })
        case .tuple(let tuple): return .tuple(of: positions(tuple.items.count).map { tuple.items[$0] })
        case .string(let text): return .string(TextSlice.slice(text, first, last, stepValue))
        case .markup(let text): return .markup(TextSlice.slice(text, first, last, stepValue))
        case .bytes(let bytes): return .bytes(positions(bytes.count).map { bytes[$0] })
        case .object(let object as RangeObject): return object.slice(first, last, stepValue)
        default: return owner
        }
    }

    /// Python looks at the bounds only where there is something to cut.
    private static func requireSliceable(_ owner: JinjaValue) throws {
        switch owner {
        case .list, .tuple, .string, .markup, .bytes: return
        case .undefined(let value): if value.policy != .chainable { throw value.error() }
        case .object(let object) where object is RangeObject: return
        case .dict: throw JinjaError(.type, "unhashable type: 'slice'")
        default: throw JinjaError(.type, "'\(owner.typeName)' object is not subscriptable")
        }
    }

    static func bound(_ value: JinjaValue?) throws -> Int? {
        switch value {
        case nil, .null?: return nil
        case .big(let number)?: return number.isNegative ? .min / 2 : .max / 2
        case let value?:
            guard let number = value.integer else {
                throw JinjaError(.type, "slice indices must be integers or None or have an __index__ method")
            }
            return max(.min / 2, min(.max / 2, number))
        }
    }

    /// Clamps bounds as Python's `slice.indices`.
    static func limits(_ count: Int, _ start: Int?, _ stop: Int?, _ step: Int) -> (start: Int, stop: Int) {
        func clamp(_ bound: Int?, _ fallback: Int, _ low: Int, _ high: Int) -> Int {
            guard let bound else { return fallback }
            return bound < 0 ? max(low, bound + count) : min(high, bound)
        }
        if step > 0 { return (clamp(start, 0, 0, count), clamp(stop, count, 0, count)) }
        return (clamp(start, count - 1, -1, count - 1), clamp(stop, -1, -1, count - 1))
    }

    static func indices(_ count: Int, _ start: Int?, _ stop: Int?, _ step: Int) -> [Int] {
        let (first, end) = limits(count, start, stop, step)
        return Array(stride(from: first, to: end, by: step))
    }
}

/// Slices of text, counted in code points.
enum TextSlice {
    static func character(_ text: String, _ position: Int) -> String {
        let utf8 = text.utf8
        if utf8.count == text.scalarCount {
            let index = utf8.index(utf8.startIndex, offsetBy: position)
            return String(Unicode.Scalar(utf8[index]))
        }
        let scalars = text.unicodeScalars
        return String(scalars[scalars.index(scalars.startIndex, offsetBy: position)])
    }

    /// Bytes are code points where all are ASCII.
    private static func sliceASCII(_ text: String, _ start: Int?, _ stop: Int?) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            guard ASCIIText.isASCII(bytes) else { return nil }
            let (first, end) = Slicing.limits(bytes.count, start, stop, 1)
            return first < end ? ASCIIText.string(bytes, first, end) : ""
        }
    }

    static func slice(_ text: String, _ start: Int?, _ stop: Int?, _ step: Int) -> String {
        if step == 1, let fast = sliceASCII(text, start, stop) { return fast }
        if step == 1 {
            let scalars = text.unicodeScalars
            let (first, end) = Slicing.limits(text.scalarCount, start, stop, 1)
            guard first < end else { return "" }
            let from = scalars.index(scalars.startIndex, offsetBy: first)
            return String(scalars[from..<scalars.index(from, offsetBy: end - first)])
        }
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        for position in Slicing.indices(scalars.count, start, stop, step) { result.append(scalars[position]) }
        return String(result)
    }
}
