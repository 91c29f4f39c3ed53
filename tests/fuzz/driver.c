/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_TARGET [-runs=N] [-seed=S] [-taken=PERCENT] FILE|DIRECTORY…
 *
 * Files whose name begins with "slow-" are tried as they are only.
 *
 * In libFuzzer's place where the compiler has none: gives the target each file, then N inputs damaged
 * from them, always the same ones for the same seed and files. Fails if the target crashes, if an
 * input takes more processor time or memory than any may, or if it takes fewer of the damaged inputs
 * for sound than PERCENT. What crashes it is left in the current directory as crash-TARGET-….
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "tests/fuzz/file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

/*
 * No input that fits takes a tenth of it, under the sanitizers either: for what does not end, or
 * grows beyond reason. Seconds of the processor, not of the clock, so that a busy machine is none.
 */
enum { MOST_CPU_SECONDS = 60, MOST_MEMORY_KIB = 512 * 1024, MOST_BYTES = 256 * 1024 };

struct inputs {
	struct buffer *items;
	size_t count, allocated;
};

static struct {
	const char *program;
	const uint8_t *data; /* being tried; NULL: none */
	size_t size;
} now;

/* Called by signals and by the sanitizers' runtimes when all is lost. */
static void save_input(void)
{
	char path[256];
	uint64_t hash = 0xcbf29ce484222325;

	if (!now.data)
		return;
	for (size_t i = 0; i < now.size; i++)
		hash = (hash ^ now.data[i]) * 0x100000001b3;
	snprintf(path, sizeof(path), "crash-%s-%016llx", now.program, (unsigned long long)hash);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, now.data, now.size) < 0)
		perror(path);
	else
		fprintf(stderr, "%s: the input is in %s\n", now.program, path);
	now.data = NULL;
}

__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

static void on_signal(int number)
{
	if (number == SIGPROF)
		fprintf(stderr, "%s: an input takes more than %d s\n", now.program,
			MOST_CPU_SECONDS);
	save_input();
	signal(number, SIG_DFL);
	raise(number);
}

static void expect_the_worst(void)
{
	/* The sanitizers have handlers of their own for the others. */
	static const int numbers[] = {SIGPROF, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
	bool sanitized = __sanitizer_set_death_callback != NULL;

	if (sanitized)
		__sanitizer_set_death_callback(save_input);
	for (size_t i = 0; i < (sanitized ? 2 : ARRAY_SIZE(numbers)); i++)
		signal(numbers[i], on_signal);
}

static long peak_memory_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void try(const void *data, size_t size)
{
	const struct itimerval limit = {.it_value.tv_sec = MOST_CPU_SECONDS}, none = {0};
	/* A copy of just this size, so that a read past its end is one past the memory. */
	uint8_t *copy = malloc(size);

	memcpy(copy, size ? data : copy, size);
	now.data = copy;
	now.size = size;
	setitimer(ITIMER_PROF, &limit, NULL);
	LLVMFuzzerTestOneInput(copy, size);
	setitimer(ITIMER_PROF, &none, NULL);
	if (peak_memory_kib() > MOST_MEMORY_KIB) {
		fprintf(stderr, "%s: an input takes more than %d KiB\n", now.program,
			MOST_MEMORY_KIB);
		abort();
	}
	now.data = NULL;
	free(copy);
}

static void try_once(struct buffer *input)
{
	try(buffer_text(input), input->length);
	buffer_release(input);
}

static void add_file(struct inputs *inputs, const char *path)
{
	struct buffer input = {0};

	if (!file_read(path, &input)) {
		perror(path);
		exit(2);
	}
	const char *name = strrchr(path, '/');
	if (strncmp(name ? name + 1 : path, "slow-", 5) == 0) {
		try_once(&input);
		return;
	}
	inputs->items = xgrow(inputs->items, inputs->count, &inputs->allocated, sizeof(input));
	inputs->items[inputs->count++] = input;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In the order of names, which is the same everywhere. */
static void add_path(struct inputs *inputs, const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_visible, alphasort);

	if (count < 0) {
		add_file(inputs, path);
		return;
	}
	for (int i = 0; i < count; i++) {
		cleanup(free_pointer) char *file = xasprintf("%s/%s", path, entries[i]->d_name);

		add_file(inputs, file);
		free(entries[i]);
	}
	free(entries);
}

static void try_damaged(const struct inputs *inputs, uint64_t *random)
{
	const struct buffer *from = &inputs->items[mutate_random(random) % inputs->count];
	const struct buffer *other = &inputs->items[mutate_random(random) % inputs->count];
	size_t room = from->length + 4096 < MOST_BYTES ? from->length + 4096 : MOST_BYTES;
	cleanup(free_pointer) uint8_t *data = xcalloc(1, room);
	size_t size = from->length < room ? from->length : room;

	memcpy(data, buffer_text(from), size);
	size = mutate_input(data, size, room, (const uint8_t *)buffer_text(other), other->length,
			    random);
	try(data, size);
}

static unsigned long number_of(const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (end == text || *end) {
		fprintf(stderr, "%s: '%s' is no number\n", now.program, text);
		exit(2);
	}
	return number;
}

static int run(const struct inputs *inputs, unsigned long runs, uint64_t seed,
	       unsigned long percent)
{
	uint64_t random = seed * 2 + 1;

	for (size_t i = 0; i < inputs->count; i++)
		try(buffer_text(&inputs->items[i]), inputs->items[i].length);
	fuzz_taken_count = 0;
	for (unsigned long i = 0; i < runs; i++) {
		unsigned long before = fuzz_taken_count;

		try_damaged(inputs, &random);
		fuzz_taken_count = before + (fuzz_taken_count > before);
	}
	printf("%s: %zu files, %lu damaged inputs, %lu taken for sound, %ld KiB\n", now.program,
	       inputs->count, runs, fuzz_taken_count, peak_memory_kib());
	return fuzz_taken_count * 100 < runs * percent;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"runs", required_argument, NULL, 'r'},
					      {"seed", required_argument, NULL, 's'},
					      {"taken", required_argument, NULL, 't'},
					      {0}};
	unsigned long runs = 0, seed = 1, percent = 0;
	struct inputs inputs = {0};
	int option;

	now.program = program_invocation_short_name;
	while ((option = getopt_long_only(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'r': runs = number_of(optarg); break;
		case 's': seed = number_of(optarg); break;
		case 't': percent = number_of(optarg); break;
		default: return 2;
		}
	}
	expect_the_worst();
	bool given = optind < argc;
	for (; optind < argc; optind++)
		add_path(&inputs, argv[optind]);
	if (!given || (runs && !inputs.count)) {
		fprintf(stderr, "usage: %s [-runs=N] [-seed=S] [-taken=PERCENT] FILE|DIRECTORY…\n",
			now.program);
		return 2;
	}
	int result = run(&inputs, runs, seed, percent);
	for (size_t i = 0; i < inputs.count; i++)
		buffer_release(&inputs.items[i]);
	free(inputs.items);
	return result;
}
