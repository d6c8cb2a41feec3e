import Glibc

/// Lets one command at a time make or take down a lab. The kernel lets go of it when the process dies.
struct LabLock {
    private let descriptor: Int32
    private let path: String

    init(stateDirectory: String, lab: String) throws {
        try TextFile.makeDirectories(stateDirectory)
        path = "\(stateDirectory)/.\(lab).lock"
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw LabError.system("open", path) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw LabError(.busy, "another command is at work on the lab '\(lab)'")
            }
            var information = stat()
            if fstat(descriptor, &information) == 0, information.st_nlink > 0 {
                self.descriptor = descriptor
                return
            }
            // The one before has just removed the file: locking it would exclude nobody.
            close(descriptor)
        }
    }

    func release() {
        unlink(path)
        close(descriptor)
    }
}
