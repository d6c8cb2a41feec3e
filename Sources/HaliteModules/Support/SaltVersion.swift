import HaliteCore
import HaliteValue

/// The Salt release whose modules, states and grains this library follows.
enum SaltVersion {
    static let text = SaltRelease.version
    static let parts: [Value] = [3008, 5]
}
