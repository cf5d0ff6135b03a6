import Synchronization

/// A registration that its own handler takes back, whichever of the two comes first. The watch asks again until it is taken.
final class Once: Sendable {
    private let registration = Mutex<DescriptorWatch.Registration?>(nil)

    func put(_ registration: DescriptorWatch.Registration) { self.registration.withLock { $0 = registration } }

    func take() -> DescriptorWatch.Registration? {
        registration.withLock { held in
            defer { held = nil }
            return held
        }
    }
}
