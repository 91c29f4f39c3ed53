/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <nettle/base16.h>
#include <nettle/md5.h>

#include "base/alloc.h"
#include "base/cleanup.h"

enum { LARGEST_IMAGE = 128 << 20 };

static int error_too_large(const char *path, struct error *err)
{
	return error_set(err, EFBIG, "%s is larger than any device's flash", path);
}

static int read_whole(int fd, const char *path, struct image *image, struct error *err)
{
	size_t allocated = 0;

	for (;;) {
		if (image->size == allocated) {
			allocated = allocated ? allocated * 2 : 1 << 16;
			image->data = xreallocarray(image->data, allocated, 1);
		}
		ssize_t got = read(fd, image->data + image->size, allocated - image->size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, errno, "cannot read %s", path);
		if (!got)
			return 0;
		image->size += (size_t)got;
		if (image->size > LARGEST_IMAGE)
			return error_too_large(path, err);
	}
}

static void sum(struct image *image)
{
	struct md5_ctx context;
	uint8_t digest[MD5_DIGEST_SIZE];

	md5_init(&context);
	md5_update(&context, image->size, image->data);
	md5_digest(&context, sizeof(digest), digest);
	base16_encode_update(image->md5, sizeof(digest), digest);
	image->md5[BASE16_ENCODE_LENGTH(MD5_DIGEST_SIZE)] = '\0';
}

static int load(struct image *image, const char *path, struct error *err)
{
	struct stat status;
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, errno, "cannot read %s", path);
	/* open() takes a directory, and only read() would say so. */
	if (fstat(fd, &status))
		return error_errno(err, errno, "cannot read %s", path);
	if (S_ISDIR(status.st_mode))
		return error_errno(err, EISDIR, "cannot read %s", path);
	if (status.st_size > LARGEST_IMAGE)
		return error_too_large(path, err);
	image->path = xstrdup(path);
	int result = read_whole(fd, path, image, err);
	if (!result)
		sum(image);
	return result;
}

int image_files_load(struct image_files *files, const char *path, struct error *err)
{
	*files = (struct image_files){0};
	int result = load(&files->plain, path, err);
	if (result)
		return result;

	cleanup(free_pointer) char *with_signature = xasprintf("%s.signed", path);
	if (access(with_signature, F_OK))
		return 0;
	return load(&files->with_signature, with_signature, err);
}

static void release(struct image *image)
{
	free(image->path);
	free(image->data);
	*image = (struct image){0};
}

void image_files_release(struct image_files *files)
{
	release(&files->plain);
	release(&files->with_signature);
}

const struct image *image_files_choose(const struct image_files *files, enum device_family family)
{
	if (family == FAMILY_ESP32 || !files->with_signature.path)
		return &files->plain;
	return &files->with_signature;
}
