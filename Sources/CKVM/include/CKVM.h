#pragma once
#include <stddef.h>
#include <stdint.h>

// The ioctls of /dev/kvm that the probe needs. Each returns a value from 0 or -errno.

int ckvm_open(void);
int ckvm_api_version(int kvm);
int ckvm_create_vm(int kvm);
int ckvm_create_vcpu(int vm);
/// The size of the area that a vCPU shares with its caller.
int ckvm_shared_size(int kvm);
int ckvm_set_memory(int vm, uint64_t guest_address, void *memory, size_t size);
/// Real mode, all segments at 0, beginning at `address`.
int ckvm_prepare(int vcpu, uint64_t address);
/// The guest's rcx, in `*count`.
int ckvm_counter(int vcpu, uint64_t *count);
/// Returns when the guest exits, or -EINTR after a signal.
int ckvm_run(int vcpu);
/// Makes the next or current run return at once.
void ckvm_leave(void *shared);
uint32_t ckvm_exit_reason(const void *shared);
