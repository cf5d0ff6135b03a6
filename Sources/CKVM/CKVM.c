#include "CKVM.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

static int result(int value) { return value < 0 ? -errno : value; }

int ckvm_open(void) { return result(open("/dev/kvm", O_RDWR | O_CLOEXEC)); }
int ckvm_api_version(int kvm) { return result(ioctl(kvm, KVM_GET_API_VERSION, 0)); }
int ckvm_create_vm(int kvm) { return result(ioctl(kvm, KVM_CREATE_VM, 0)); }
int ckvm_create_vcpu(int vm) { return result(ioctl(vm, KVM_CREATE_VCPU, 0)); }
int ckvm_shared_size(int kvm) { return result(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0)); }

int ckvm_set_memory(int vm, uint64_t guest_address, void *memory, size_t size) {
    struct kvm_userspace_memory_region region = {
        .guest_phys_addr = guest_address, .memory_size = size, .userspace_addr = (uint64_t)(uintptr_t)memory};
    return result(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region));
}

int ckvm_prepare(int vcpu, uint64_t address) {
    struct kvm_sregs special;
    if (ioctl(vcpu, KVM_GET_SREGS, &special) < 0) return -errno;
    special.cs.base = 0;
    special.cs.selector = 0;
    if (ioctl(vcpu, KVM_SET_SREGS, &special) < 0) return -errno;
    struct kvm_regs registers = {.rip = address, .rflags = 2};
    return result(ioctl(vcpu, KVM_SET_REGS, &registers));
}

int ckvm_counter(int vcpu, uint64_t *count) {
    struct kvm_regs registers;
    if (ioctl(vcpu, KVM_GET_REGS, &registers) < 0) return -errno;
    *count = registers.rcx;
    return 0;
}

int ckvm_run(int vcpu) { return result(ioctl(vcpu, KVM_RUN, 0)); }

void ckvm_leave(void *shared) { ((volatile struct kvm_run *)shared)->immediate_exit = 1; }

uint32_t ckvm_exit_reason(const void *shared) { return ((const struct kvm_run *)shared)->exit_reason; }
