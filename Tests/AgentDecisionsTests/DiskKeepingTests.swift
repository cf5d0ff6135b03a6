import AgentDecisions
import ClusterModel
import Testing

/// An instance's machine and its disks.
@Suite("the disks of an instance on its node")
struct DiskKeepingTests {
    private static let volume: VolumeID = ID("00000000-0000-4000-8000-00000000000a")!
    private static let snapshot: SnapshotID = ID("00000000-0000-4000-8000-00000000000b")!

    private static func storage(volumes: Bool = true) -> InstanceStorage {
        let place = VolumePlace(id: volume, pool: try! Name("default"), format: .qcow2)
        return InstanceStorage(volumes: volumes ? [AttachedVolume(place: place, size: MiB(64))] : [])
    }

    private static func desired(_ generation: Int64, _ storage: InstanceStorage? = storage(), state: DesiredState = .running) -> DesiredInstance {
        var desired = Sample.desired(generation)
        desired.desired = state
        desired.storage = storage
        return desired
    }

    @Test("an instance without volumes and snapshots arranges nothing and reports nothing")
    func plain() {
        var life = Life()
        life.launch()
        #expect(life.state == .running)
        #expect(life.machine.observed.storage == nil)
        #expect(life.pending == nil)
    }

    @Test("a launch brings the disks there before the VMM starts")
    func launch() {
        var life = Life()
        life.arrangement = DiskReport(volumes: [Self.volume])
        life.happen(.desired(Self.desired(1)))
        var order: [InstanceWork] = []
        while let work = life.pending {
            order.append(work)
            life.succeed()
        }
        #expect(order == [.fetchImage, .makeDisk, .arrangeDisks, .makeSeed, .startVMM])
        #expect(life.machine.observed.storage?.volumes == [Self.volume])
        #expect(life.machine.observed.storage?.generation == 1)
    }

    @Test("a volume that comes to a running guest is plugged, and the report says so for that generation and not before")
    func hotPlug() {
        var life = Life()
        life.launch()
        life.happen(.desired(Self.desired(2)))
        #expect(life.pending == .arrangeDisks)
        #expect(life.machine.observed.storage?.generation == 0)
        life.arrangement = DiskReport(volumes: [Self.volume])
        life.succeed()
        #expect(life.state == .running)
        #expect(life.machine.observed.storage == ObservedStorage(generation: 2, volumes: [Self.volume]))
    }

    @Test("a guest that has powered itself off stays off when its disks change")
    func poweredOff() {
        var life = Life()
        life.launch()
        life.end(.poweredOff)
        #expect(life.state == .stopped)
        life.arrangement = DiskReport(volumes: [Self.volume])
        life.happen(.desired(Self.desired(2)))
        life.settle()
        #expect(life.state == .stopped)
        #expect(life.running == nil)
        #expect(life.machine.observed.storage?.generation == 2)
    }

    @Test("a device that the guest does not let go is asked for again, and the generation is not done meanwhile")
    func unplugWaits() {
        var life = Life()
        life.arrangement = DiskReport(volumes: [Self.volume])
        life.launch(Self.desired(1))
        life.arrangement = DiskReport(volumes: [Self.volume], waiting: "the guest has not let go of 1 volume")
        life.happen(.desired(Self.desired(2, Self.storage(volumes: false))))
        life.succeed()
        #expect(life.machine.observed.storage?.generation != 2)
        #expect(life.pending == nil)
        let wake = life.machine.wakeAt
        #expect(wake != nil)
        life.arrangement = DiskReport()
        life.pass(1)
        #expect(life.pending == .arrangeDisks)
        life.succeed()
        #expect(life.machine.observed.storage == ObservedStorage(generation: 2))
    }

    @Test("what can't be done is reported as failed for its generation, and the guest runs on")
    func failure() {
        var life = Life()
        life.launch()
        life.happen(.desired(Self.desired(2)))
        life.fail(lasting: true)
        #expect(life.state == .running)
        #expect(life.machine.observed.storage?.generation == 2)
        #expect(life.machine.observed.storage?.failure == "it broke")
        // What takes it back is arranged anew.
        life.happen(.desired(Self.desired(3, Self.storage(volumes: false))))
        life.succeed()
        #expect(life.machine.observed.storage == ObservedStorage(generation: 3))
    }

    @Test("what fails in passing is tried again before it counts as failed")
    func retries() {
        var life = Life()
        life.launch()
        life.happen(.desired(Self.desired(2)))
        var attempts = 0
        while attempts < 20, life.machine.observed.storage?.generation != 2 {
            if life.pending == .arrangeDisks {
                attempts += 1
                life.fail()
            } else {
                life.pass(60)
            }
        }
        #expect(attempts == 4)
        #expect(life.machine.observed.storage?.failure == "it broke")
    }

    @Test("a spec that comes while the disks are being arranged is arranged after it, and not taken for done")
    func overtaken() {
        var life = Life()
        life.launch()
        life.happen(.desired(Self.desired(2)))
        life.happen(.desired(Self.desired(3, Self.storage(volumes: false))))
        life.arrangement = DiskReport(volumes: [Self.volume])
        life.succeed()
        #expect(life.machine.observed.storage?.generation == 2)
        #expect(life.pending == .arrangeDisks)
        life.arrangement = DiskReport()
        life.succeed()
        #expect(life.machine.observed.storage == ObservedStorage(generation: 3))
    }

    @Test("what was done to the disks is in the record before anything else begins, and the next agent knows of it")
    func record() {
        var life = Life()
        life.launch()
        let done = DoneToDisks(restores: 1, snapshots: [ObservedSnapshot(id: Self.snapshot, consistency: .crash, pauseMicroseconds: 5)])
        life.arrangement = DiskReport(volumes: [Self.volume], done: done)
        life.happen(.desired(Self.desired(2)))
        life.succeed()
        #expect(life.saved?.done == done)
        var next = InstanceMachine(id: Sample.id)
        let vmm = Sample.process(100)
        let effects = next.takeUp(FoundInstance(id: Sample.id, record: life.saved, vmm: .running(vmm)), address: nil, at: .zero)
        #expect(effects.contains(.begin(.arrangeDisks)))
        #expect(next.observed.storage?.snapshots == done.snapshots)
    }

    @Test("a stop while the disks are arranged goes ahead, and the disks are arranged at rest")
    func stop() {
        var life = Life()
        life.launch()
        life.happen(.desired(Self.desired(2)))
        life.happen(.desired(Self.desired(3, state: .stopped)))
        #expect(life.powerDowns == 1)
        life.end(.poweredOff)
        life.fail()
        life.arrangement = DiskReport(volumes: [Self.volume])
        life.pass(60)
        life.settle()
        #expect(life.state == .stopped)
        #expect(life.machine.observed.storage == ObservedStorage(generation: 3, volumes: [Self.volume]))
        #expect(life.overlaps == 0)
    }
}
