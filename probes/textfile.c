/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "record/journal.h"

enum { QUESTION_SIZE = PATH_MAX + 16 };

static ssize_t read_all(int fd, char *text, size_t size)
{
	size_t length = 0;

	while (length < size - 1) {
		ssize_t count = read(fd, text + length, size - 1 - length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0)
			break;
		length += count;
	}
	return length;
}

static int read_file(const char *full, char *text, size_t size)
{
	/* A pipe or device put in the way must not hold us up. */
	cleanup(close_fd) int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = read_all(fd, text, size);
	if (length < 0)
		return length;
	for (ssize_t i = 0; i < length; i++) {
		if (text[i] == '\0')
			text[i] = ' ';
	}
	text[length] = '\0';
	return length;
}

/* "file /etc/ufw/ufw.conf": the question in the journal, about @root + @path. */
static bool make_question(char *question, const char *kind, const char *root, const char *path)
{
	return snprintf(question, QUESTION_SIZE, "%s %s%s", kind, root, path) < QUESTION_SIZE;
}

/* What follows the kind of a question is the path. */
static const char *path_in(const char *question)
{
	return strchr(question, ' ') + 1;
}

/* A recorded text into the caller's buffer; its length, or -errno. */
static int take_text(const struct record_answer *answer, char *text, size_t size)
{
	size_t length = answer->length < size ? answer->length : size - 1;

	if (answer->result < 0)
		return answer->result;
	memcpy(text, answer->bytes, length);
	text[length] = '\0';
	return (int)length;
}

int textfile_read_reduced(const char *root, const char *path, char *text, size_t size,
			  void (*reduce)(char *text))
{
	char question[QUESTION_SIZE];
	struct record_answer answer;

	text[0] = '\0';
	if (!make_question(question, "file", root, path))
		return -ENAMETOOLONG;
	if (journal_known(&answer, question, question))
		return take_text(&answer, text, size);
	int length = read_file(path_in(question), text, size);
	if (length > 0 && reduce) {
		reduce(text);
		length = (int)strlen(text);
	}
	journal_keep_text(question, length < 0 ? length : 0, length < 0 ? NULL : text);
	return length;
}

int textfile_read(const char *root, const char *path, char *text, size_t size)
{
	return textfile_read_reduced(root, path, text, size, NULL);
}

long textfile_number(const char *root, const char *path)
{
	char text[64], *end;
	long number;

	if (textfile_read(root, path, text, sizeof(text)) <= 0)
		return -1;
	errno = 0;
	number = strtol(text, &end, 10);
	if (errno || end == text || end[strspn(end, " \t\n")] != '\0')
		return -1;
	return number;
}

bool textfile_exists(const char *root, const char *path)
{
	char question[QUESTION_SIZE];
	struct record_answer answer;

	if (!make_question(question, "exists", root, path))
		return false;
	if (journal_known(&answer, question, question))
		return answer.result == 0;
	int result = access(path_in(question), F_OK) ? -errno : 0;
	journal_keep_text(question, result, NULL);
	return result == 0;
}

bool textfile_link(const char *root, const char *path, char *target, size_t size)
{
	char question[QUESTION_SIZE];
	struct record_answer answer;

	if (!make_question(question, "link", root, path))
		return false;
	if (journal_known(&answer, question, question))
		return take_text(&answer, target, size) >= 0;
	ssize_t length = readlink(path_in(question), target, size - 1);
	int result = length < 0 ? -errno : 0;
	target[length < 0 ? 0 : length] = '\0';
	journal_keep_text(question, result, target);
	return result == 0;
}

bool textfile_inode(const char *root, const char *path, unsigned long long *ret)
{
	char question[QUESTION_SIZE], number[32];
	struct record_answer answer;
	struct stat status;

	if (!make_question(question, "inode", root, path))
		return false;
	if (journal_known(&answer, question, question))
		return answer.result == 0 && sscanf(answer.bytes, "%20llu", ret) == 1;
	int result = stat(path_in(question), &status) ? -errno : 0;
	*ret = result ? 0 : status.st_ino;
	snprintf(number, sizeof(number), "%llu", *ret);
	journal_keep_text(question, result, number);
	return result == 0;
}
