/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/privilege.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cap-ng.h>

#include "base/error.h"
#include "rules/replay.h"

bool privilege_held(int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, (unsigned)capability) == 1;
}

/* A user or group id as sudo hands it down; false for anything else, 0 included. */
static bool id_from_environment(const char *name, unsigned *ret_id)
{
	const char *text = getenv(name);
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long id = strtoul(text, &end, 10);
	if (errno || *end || id == 0 || id >= (unsigned)-1)
		return false;
	*ret_id = (unsigned)id;
	return true;
}

static bool calling_user(unsigned *ret_uid, unsigned *ret_gid)
{
	if (geteuid() != 0 || !id_from_environment("SUDO_UID", ret_uid))
		return false;
	if (!id_from_environment("SUDO_GID", ret_gid))
		*ret_gid = *ret_uid;
	return true;
}

int privilege_user_namespace(void)
{
	unsigned uid = geteuid(), gid = getegid();

	if (!privilege_held(CAP_SYS_ADMIN))
		return -1;
	calling_user(&uid, &gid);
	int fd = replay_user_namespace(uid, gid, NULL);
	return fd < 0 ? -1 : fd;
}

/*
 * No supplementary groups: to look the user's up may ask a directory service over the network, and
 * nothing may come in from there yet.
 */
static int become_calling_user(struct error *err)
{
	unsigned uid, gid;

	if (!calling_user(&uid, &gid))
		return 0;
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return error_errno(err, errno, "cannot become the calling user %u", uid);
	return 0;
}

int privilege_limit(struct error *err)
{
	int capability = 0;

	/* Ends behind the last one, or at once without CAP_SETPCAP: renouncing is then enough. */
	while (!prctl(PR_CAPBSET_DROP, capability, 0, 0, 0))
		capability++;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_errno(err, errno, "cannot renounce new privileges");
	return 0;
}

int privilege_drop(struct error *err)
{
	int result = become_calling_user(err);

	if (result)
		return result;
	return privilege_keep((const int[]){-1}, err);
}

int privilege_keep(const int *capabilities, struct error *err)
{
	/* libcap-ng remembers what it read before the user changed: read it again. */
	capng_setpid(getpid());
	if (capng_get_caps_process())
		return error_set(err, EPERM, "cannot read this process's capabilities");
	unsigned long long held = 0;
	for (const int *capability = capabilities; *capability >= 0; capability++)
		if (capng_have_capability(CAPNG_PERMITTED, (unsigned)*capability))
			held |= 1ULL << *capability;

	capng_clear(CAPNG_SELECT_CAPS);
	for (unsigned capability = 0; capability < 64; capability++)
		if (held & 1ULL << capability)
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, capability);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return error_set(err, EPERM, "cannot give capabilities up");
	return 0;
}
