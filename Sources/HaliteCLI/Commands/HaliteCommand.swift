import ArgumentParser

/// The list of the commands.
struct HaliteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "halite",
        abstract: "Remote execution, states and orchestration for SLS files, pillars and Jinja.",
        discussion: """
            Without a command the first word is a target:
              halite '*' test.ping
              halite -G 'os:Debian' state.apply test=True
            """,
        version: "halite \(Entry.version)",
        subcommands: [
            CallCommand.self, RunCommand.self, GraphCommand.self, KeyCommand.self, MasterCommand.self, MinionCommandLine.self, RenderCommand.self, ModulesCommand.self,
            LabCommand.self, LabInitCommand.self,
        ])
}
