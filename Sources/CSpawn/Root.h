#pragma once
#include "CSpawn.h"

/// Makes the root and enters it. Returns NULL, or what failed with its errno.
const char *cspawn_enter_root(const struct cspawn_confinement *held);

/// Becomes the user, with no capability left and none to get.
const char *cspawn_drop_rights(uid_t user);

/// Tries both out in namespaces that end with the caller. Returns 0 or the number of the step that failed: 1 mounts, 2 devices, 3 the user.
int cspawn_try_root(uid_t user);
