import HaliteModuleKit

/// Modules of Apache that are on or off, as on Debian.
package struct ApacheModuleState: StateModule {
    package static let name = "apache_module"
    package static let summary = "Modules of Apache that are on or off, as on Debian."
    package static let requires: Requirement = .command("a2enmod")
    package static let functions = ApachePart.module.stateFunctions
}
