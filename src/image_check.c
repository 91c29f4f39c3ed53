/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/image_check.h"

#include "src/options.h"
#include "src/ota/image.h"
#include "src/report.h"
#include "src/run.h"

static void warn(struct report *report, enum finding_id id, const struct image *image,
		 const char *verb, const char *text)
{
	if (!*text)
		return;
	struct finding *finding = report_add(report, id, CERTAINTY_LIKELY);
	finding->severity = SEVERITY_WARNING;
	report_title(report, finding, "%s %s%s", image->path, verb, text);
}

static void warn_of(struct report *report, const struct image *image,
		    const struct image_judgement *judgement)
{
	warn(report, FINDING_IMAGE_NOT_FIRMWARE, image, "", judgement->unusual_text);
	warn(report, FINDING_IMAGE_TOO_LARGE, image, "has ", judgement->large_text);
}

static void refuse(struct report *report, const struct image *image,
		   const struct image_judgement *judgement)
{
	bool large = judgement->error == IMAGE_TOO_LARGE;
	struct finding *finding =
		report_add(report, large ? FINDING_IMAGE_TOO_LARGE : FINDING_IMAGE_NOT_FIRMWARE,
			   CERTAINTY_PROVEN);

	report_title(report, finding, "%s %s %s", image->path, large ? "has" : "is",
		     judgement->error_text);
	report_evidence(report, finding, "config", "%s: %zu bytes", image->path, image->size);
}

bool image_check(const struct run *run, enum device_family family, struct report *report)
{
	const struct image *image = image_files_choose(&run->image, family);
	struct image_judgement judgement = image_judge(image->data, image->size, image->size,
						       family, run->options->filesystem);

	if (judgement.error != IMAGE_GOOD) {
		refuse(report, image, &judgement);
		return false;
	}
	warn_of(report, image, &judgement);
	return true;
}

void image_check_again(const struct run *run, enum device_family family, struct report *report)
{
	if (family == FAMILY_UNKNOWN || report_find(report, FINDING_IMAGE_NOT_FIRMWARE) ||
	    report_find(report, FINDING_IMAGE_TOO_LARGE))
		return;
	const struct image *image = image_files_choose(&run->image, family);
	struct image_judgement judgement = image_judge(image->data, image->size, image->size,
						       family, run->options->filesystem);

	if (judgement.error == IMAGE_GOOD)
		warn_of(report, image, &judgement);
}
