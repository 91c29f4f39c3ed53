/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/session.h"

#include <string.h>

#include "base/cleanup.h"

const char *session_finding(enum session_result result)
{
	switch (result) {
	case SESSION_PORT_CLOSED: return "device-port-closed";
	case SESSION_SILENT: return "device-silent";
	case SESSION_NOT_FOUND: return "device-not-found";
	case SESSION_NO_ROUTE: return "no-route";
	case SESSION_EGRESS_DENIED: return "firewall-egress";
	case SESSION_LOOP_BLOCKED: return "device-loop-blocked";
	case SESSION_AUTH_REQUIRED: return "device-auth-required";
	case SESSION_AUTH_FAILED: return "device-auth-failed";
	case SESSION_REFUSED: return "device-refused";
	case SESSION_NO_CONNECTION: return "connection-missing";
	case SESSION_VERIFY_FAILED: return "device-verify-failed";
	case SESSION_BROKE_OFF: return "device-broke-off";
	case SESSION_STALLED: return "device-stalled";
	case SESSION_VERDICT_MISSING: return "device-verdict-missing";
	case SESSION_UPLOADED:
	case SESSION_ANSWERED:
	case SESSION_REHEARSED:
	case SESSION_ABORTED: break;
	}
	return NULL;
}

bool session_succeeded(enum session_result result)
{
	return result == SESSION_UPLOADED || result == SESSION_ANSWERED ||
	       result == SESSION_REHEARSED;
}

/*
 * The Update classes' texts: ESP8266 and RP2040 put "ERROR[n]: " before theirs, ESP32 writes them
 * bare. 7 MD5, 9 the flash size in the image's header, 10 magic byte, 12 signature are judged over
 * the received image; 6 is the wait for bytes that did not come.
 */
enum session_result session_judge_text(const char *text)
{
	static const struct {
		const char *part;
		enum session_result result;
	} meanings[] = {
		{"ERROR[7]", SESSION_VERIFY_FAILED},
		{"ERROR[9]", SESSION_VERIFY_FAILED},
		{"ERROR[10]", SESSION_VERIFY_FAILED},
		{"ERROR[12]", SESSION_VERIFY_FAILED},
		{"MD5", SESSION_VERIFY_FAILED},
		{"Magic", SESSION_VERIFY_FAILED},
		{"Signature", SESSION_VERIFY_FAILED},
		{"Decryption", SESSION_VERIFY_FAILED},
		{"Could Not Activate", SESSION_VERIFY_FAILED},
		{"ERROR[6]", SESSION_BROKE_OFF},
		{"Stream Read Timeout", SESSION_BROKE_OFF},
		{"Aborted", SESSION_BROKE_OFF},
	};

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (strcasestr(text, meanings[i].part))
			return meanings[i].result;
	return SESSION_REFUSED;
}
