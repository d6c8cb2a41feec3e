import HaliteModuleKit

/// The same states under the name of the program.
package struct HtpasswdState: StateModule {
    package static let name = "htpasswd"
    package static let summary = WebutilState.summary
    package static let requires = WebutilState.requires
    package static let functions = WebutilState.functions
}
