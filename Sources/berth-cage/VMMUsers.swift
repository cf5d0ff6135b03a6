import CSpawn
import Glibc

/// Users that belong to nobody, one for each VMM that runs on the machine. Which are taken is told by locks on the bytes of one file, a byte for a user,
/// which go with the cages that hold them.
struct VMMUsers {
    /// Of all agents of the machine.
    let file: String
    let first: UInt32
    let count: UInt32

    /// Held until the process ends.
    /// - Parameter name: the instance's; it mostly gets the user that it had before.
    func take(for name: String) throws(CageFailure) -> uid_t {
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw CageFailure("cannot open \(file)", code: errno) }
        let wish = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 } % count
        for step in 0..<count {
            let place = (wish + step) % count
            let held = cspawn_lock_byte(descriptor, Int(place))
            if held == 0 { return first + place }
            guard held == EAGAIN || held == EACCES else { throw CageFailure("cannot lock \(file)", code: held) }
        }
        throw CageFailure("all of the \(count) users for VMMs are taken")
    }
}
