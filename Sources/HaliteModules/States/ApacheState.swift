import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Configuration files of Apache made of data.
package struct ApacheState: StateModule {
    package static let name = "apache"
    package static let summary = "Configuration files of Apache made of data."
    package static let requires = ApacheModule.requires

    package static let functions: [StateFunction] = [
        StateFunction(
            "configfile", "A file has a configuration.", .required("name", "The file."),
            .required("config", "A list of directives and sections."), body: configfile)
    ]

    private static func configfile(_ state: StateContext, name: String, config: [ValueMap]) async throws -> StateResult {
        let text = try ApacheText.text(config)
        let current = await state.call.host.readTextIfPresent(name) ?? ""
        if text.stripped() == current.stripped() { return state.unchanged("Configuration is up to date.") }
        return try await state.change(
            ["old": .string(current), "new": .string(text)], would: "Configuration will update.", did: "Successfully created configuration."
        ) {
            try await state.call.host.write(name, Array((text + "\n").utf8), FileAttributes())
            return nil
        }
    }
}
