/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure N COMMAND… -- COMMAND…: runs two commands in turn, N times each, and prints how long they
 * took and the most memory that they held. In turn, so that both see the same machine. In C, because
 * Linux counts a parent's memory into the peak of what it execs: the parent has to be small.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct run {
	double ms;
	long peak_kb;
	int status;
};

struct series {
	char **command;
	struct run *runs;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void run_command(char **command)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	execvp(command[0], command);
	_exit(127);
}

static struct run run_once(char **command)
{
	double start = now_ms();
	struct run run = {.status = -1};
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		run_command(command);
	/* Counts the children that the command itself has waited for, too. */
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return run;
	run.ms = now_ms() - start;
	run.peak_kb = usage.ru_maxrss;
	run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return run;
}

static int by_time(const void *a, const void *b)
{
	double x = ((const struct run *)a)->ms, y = ((const struct run *)b)->ms;

	return (x > y) - (x < y);
}

static double print_series(const struct series *series, size_t n)
{
	long peak = 0;

	qsort(series->runs, n, sizeof(*series->runs), by_time);
	for (size_t i = 0; i < n; i++)
		if (series->runs[i].peak_kb > peak)
			peak = series->runs[i].peak_kb;
	for (size_t i = 0; series->command[i]; i++)
		printf("%s%s", i ? " " : "", series->command[i]);
	printf("\n    median %.1f ms, best %.1f ms, worst %.1f ms; peak memory %.1f MB; exit %d\n",
	       series->runs[n / 2].ms, series->runs[0].ms, series->runs[n - 1].ms,
	       (double)peak / 1024, series->runs[0].status);
	return series->runs[n / 2].ms;
}

int main(int argc, char **argv)
{
	size_t n = argc > 4 ? strtoul(argv[1], NULL, 10) : 0;
	struct series first = {.command = argv + 2}, second = {0};

	for (int i = 2; i + 1 < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			argv[i] = NULL;
			second.command = argv + i + 1;
			break;
		}
	}
	if (n == 0 || n > 100000 || !second.command) {
		fprintf(stderr, "usage: measure N COMMAND… -- COMMAND…\n");
		return 2;
	}
	first.runs = calloc(n, sizeof(*first.runs));
	second.runs = calloc(n, sizeof(*second.runs));
	if (!first.runs || !second.runs)
		return 1;
	for (size_t i = 0; i < n; i++) {
		first.runs[i] = run_once(first.command);
		second.runs[i] = run_once(second.command);
	}
	double a = print_series(&first, n), b = print_series(&second, n);
	printf("the first takes %.2f of the second's time (medians of %zu)\n", a / b, n);
	free(first.runs);
	free(second.runs);
	return 0;
}
