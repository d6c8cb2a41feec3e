import HaliteValue

/// The Salt release whose modules, states and grains this library follows.
enum SaltVersion {
    static let text = "3008.5"
    static let parts: [Value] = [3008, 5]
}
