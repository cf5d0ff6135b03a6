import NIOCore

/// Runs a connection's tasks on the thread that its bytes arrive on. Between an event loop and the common pool every step of a request is a hop
/// from thread to thread, which costs more than the step.
final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        loop.execute { job.runSynchronously(on: executor) }
    }
}
