import HaliteModuleKit

/// Sites of Apache that are on or off, as on Debian.
package struct ApacheSiteState: StateModule {
    package static let name = "apache_site"
    package static let summary = "Sites of Apache that are on or off, as on Debian."
    package static let requires: Requirement = .command("a2ensite")
    package static let functions = ApachePart.site.stateFunctions
}
