import ArgumentParser
import Glibc
import HaliteJinja

/// `halite render`: renders templates without a minion.
struct RenderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Renders templates.",
        discussion: "With --batch, each line of the file (- for standard input) is a JSON object with id, template, context, templates and options, answered by one line.")

    @Option(help: ArgumentHelp("The renderer: jinja.", valueName: "name")) var renderer = "jinja"
    @Option(help: ArgumentHelp("A file with one request a line, or -.", valueName: "file")) var batch: String

    func validate() throws {
        guard renderer == "jinja" else { throw ValidationError("unknown renderer '\(renderer)' (known: jinja)") }
    }

    func run() async throws {
        if batch != "-" {
            let file = open(batch, O_RDONLY)
            guard file >= 0, dup2(file, STDIN_FILENO) >= 0 else {
                throw CommandError("cannot read \(batch): \(String(cString: strerror(errno)))")
            }
            close(file)
        }
        // Deep templates need a deep stack.
        try await BatchThread.run {
            while let line = readLine() {
                if line.utf8.allSatisfy({ $0 == 0x20 }) { continue }
                Terminal.print(RenderBatch.answer(line))
            }
        }
    }
}
