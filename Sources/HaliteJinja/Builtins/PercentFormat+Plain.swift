import HaliteValue

extension PercentFormat {
    /// The result where every field is `%s` or `%d`, perhaps with a width, and stands for a text or an integer; nil for
    /// everything else and for all mistakes.
    static func plain(_ text: String, _ argument: JinjaValue, _ limit: Int = 1_000) -> String? {
        let values: [JinjaValue]
        switch argument {
        case .tuple(let tuple): values = tuple.items
        case .string, .int: values = [argument]
        default: return nil
        }
        var text = text
        var next = 0
        var result: [UInt8] = []
        let isPlain = text.withUTF8 { bytes in
            result.reserveCapacity(bytes.count + 32)
            var index = 0
            while index < bytes.count {
                guard bytes[index] == 0x25 else {
                    result.append(bytes[index])
                    index += 1
                    continue
                }
                guard next < values.count, let field = Field(bytes, &index), field.width <= limit, field.append(values[next], to: &result)
                else { return false }
                next += 1
            }
            return next == values.count
        }
        return isPlain ? String(decoding: result, as: UTF8.self) : nil
    }

    /// A minus sign or nothing, digits or none, and a letter.
    private struct Field {
        private let isLeft: Bool
        let width: Int
        private let isNumber: Bool

        /// Starts at the percent sign and leaves the index behind the letter.
        init?(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
            var place = index + 1
            isLeft = place < bytes.count && bytes[place] == 0x2D
            if isLeft { place += 1 }
            var width = 0
            if place < bytes.count, bytes[place] == 0x30 { return nil }
            while place < bytes.count, bytes[place] &- 0x30 < 10, width < 100_000 {
                width = width * 10 + Int(bytes[place] - 0x30)
                place += 1
            }
            guard place < bytes.count, bytes[place] == 0x73 || bytes[place] == 0x64 else { return nil }
            self.width = width
            isNumber = bytes[place] == 0x64
            index = place + 1
        }

        /// False where the value is of another kind.
        func append(_ value: JinjaValue, to result: inout [UInt8]) -> Bool {
            let text: String
            switch value {
            case .string(let own) where !isNumber: text = own
            case .int(let number): text = String(number)
            default: return false
            }
            let space = width == 0 ? 0 : max(0, width - text.scalarCount)
            if space > 0, !isLeft { result.append(contentsOf: repeatElement(0x20, count: space)) }
            result.append(contentsOf: text.utf8)
            if space > 0, isLeft { result.append(contentsOf: repeatElement(0x20, count: space)) }
            return true
        }
    }
}
