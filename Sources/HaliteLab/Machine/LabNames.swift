/// The names of what a lab makes on the machine. Interfaces have at most 15 characters in Linux; a lab's name has 11.
struct LabNames {
    let lab: String

    var bridge: String { lab + "-br" }
    var table: String { "halite-lab-" + lab }
    /// The machine's end of the pair of the host with that place in the list.
    func link(_ index: Int) -> String { "\(lab)-\(index)" }
}
