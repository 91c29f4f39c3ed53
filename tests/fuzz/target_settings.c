/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of files that other programs wrote: the settings of UFW and firewalld, /proc/PID/cgroup. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "probes/cgroup.h"
#include "probes/firewall_settings.h"
#include "probes/surroundings.h"
#include "tests/fuzz/fuzz.h"

/* As textfile_read() leaves it. */
static char *as_text(const uint8_t *data, size_t size)
{
	char *text = xcalloc(1, size + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = data[i] ? (char)data[i] : ' ';
	return text;
}

static bool looks(const char *text)
{
	static const char *const keys[] = {"ENABLED", "DEFAULT_INPUT_POLICY", "DefaultZone"};
	struct firewalld_settings settings = {0};
	bool found = false;
	char value[64];
	size_t length;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		found |= firewall_setting(text, keys[i], value, sizeof(value));
	firewalld_zone_parse(text, &settings);
	fuzz_require(settings.open_count <= FIREWALLD_PORTS_MAX);
	fuzz_require(firewall_policy_name(settings.target));
	found |= surroundings_cgroup_runtime(text) != NULL;
	const char *path = cgroup_path(text, "", &length);
	fuzz_require(!path || path + length <= text + strlen(text));
	path = cgroup_path(text, "net_cls", &length);
	fuzz_require(!path || path + length <= text + strlen(text));
	return found || settings.open_count || path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(free_pointer) char *text = as_text(data, size);
	bool found = looks(text);

	firewall_settings_reduce(text);
	fuzz_require(strlen(text) <= size);
	found |= looks(text);
	if (found)
		fuzz_taken();
	return 0;
}
