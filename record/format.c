/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/format.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <nettle/base64.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"

/* Linux has none above it (MAX_ERRNO). */
enum { ERRNO_MAX = 4095 };

static const char format_name[] = "espota-doctor record";
static const char *const byte_order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little" : "big";

static void release_json(json_t **value)
{
	json_decref(*value);
}

static json_t *base64_of(const char *bytes, size_t length)
{
	size_t encoded = BASE64_ENCODE_RAW_LENGTH(length);
	cleanup(free_pointer) char *text = xcalloc(1, encoded + 1);

	base64_encode_raw(text, length, (const uint8_t *)bytes);
	return json_stringn(text, encoded);
}

/* Text is shown as such: a record can be read before it is handed on. */
static void set_bytes(json_t *object, const struct record_answer *answer)
{
	json_t *text = NULL;

	if (!answer->length)
		return;
	if (!memchr(answer->bytes, '\0', answer->length))
		text = json_stringn(answer->bytes, answer->length); /* NULL unless it is UTF-8 */
	if (text)
		json_object_set_new(object, "text", text);
	else
		json_object_set_new(object, "bytes", base64_of(answer->bytes, answer->length));
}

static json_t *answer_value(const struct record_answer *answer)
{
	json_t *object = json_object();

	json_object_set_new(object, "question", json_string(answer->question));
	if (answer->result)
		json_object_set_new(object, "result", json_integer(answer->result));
	if (answer->error)
		json_object_set_new(object, "error", json_string(answer->error));
	set_bytes(object, answer);
	return object;
}

static int append(const char *text, size_t length, void *out)
{
	buffer_add(out, text, length);
	return 0;
}

void record_write(struct buffer *out, const struct record *record, const char *program)
{
	cleanup(release_json) json_t *root = json_object();
	json_t *answers = json_array();

	json_object_set_new(root, "format", json_string(format_name));
	json_object_set_new(root, "version", json_integer(RECORD_VERSION));
	json_object_set_new(root, "byte_order", json_string(byte_order));
	json_object_set_new(root, "program", json_string(program));
	for (size_t i = 0; i < record->count; i++)
		json_array_append_new(answers, answer_value(&record->answers[i]));
	json_object_set_new(root, "answers", answers);
	json_dump_callback(root, append, out, JSON_INDENT(1));
	buffer_puts(out, "\n");
}

static int damaged(struct error *err, const char *why)
{
	return error_set(err, EBADMSG, "damaged, or no record of espota-doctor: %s", why);
}

static int check_header(const json_t *root, struct error *err)
{
	const char *format = json_string_value(json_object_get(root, "format"));
	const json_t *version = json_object_get(root, "version");
	const char *order = json_string_value(json_object_get(root, "byte_order"));

	if (!format || strcmp(format, format_name) != 0)
		return damaged(err, "it does not say that it is one");
	if (!json_is_integer(version) || json_integer_value(version) < 1)
		return damaged(err, "it has no version");
	if (json_integer_value(version) > RECORD_VERSION)
		return error_set(err, EPROTONOSUPPORT,
				 "a record of version %lld: this espota-doctor reads version %d",
				 (long long)json_integer_value(version), RECORD_VERSION);
	if (!order || (strcmp(order, "little") != 0 && strcmp(order, "big") != 0))
		return damaged(err, "it does not name its byte order");
	if (strcmp(order, byte_order) != 0)
		return error_set(err, EPROTONOSUPPORT,
				 "made on a %s-endian machine, and this one is not", order);
	return 0;
}

static bool decode_base64(const json_t *text, struct record_answer *ret)
{
	size_t length = json_string_length(text), decoded = BASE64_DECODE_LENGTH(length);
	struct base64_decode_ctx context;

	ret->bytes = xcalloc(1, decoded + 1);
	base64_decode_init(&context);
	if (!base64_decode_update(&context, &decoded, (uint8_t *)ret->bytes, length,
				  json_string_value(text)) ||
	    !base64_decode_final(&context))
		return false;
	ret->length = decoded;
	return true;
}

static bool take_result(const json_t *value, struct record_answer *ret)
{
	if (!value)
		return !ret->error;
	if (!json_is_integer(value) || json_integer_value(value) < -ERRNO_MAX ||
	    json_integer_value(value) >= 0)
		return false;
	ret->result = (int)json_integer_value(value);
	return true;
}

/* The question, error and text are the JSON's, the decoded bytes are @ret's. */
static bool take_answer(const json_t *object, struct record_answer *ret)
{
	const json_t *question = json_object_get(object, "question");
	const json_t *error = json_object_get(object, "error");
	const json_t *text = json_object_get(object, "text");
	const json_t *bytes = json_object_get(object, "bytes");

	if (!json_is_string(question) || (error && !json_is_string(error)) ||
	    (text && !json_is_string(text)) || (bytes && !json_is_string(bytes)) || (text && bytes))
		return false;
	ret->question = (char *)json_string_value(question);
	ret->error = (char *)json_string_value(error);
	if (text)
		ret->bytes = xmemdup(json_string_value(text), json_string_length(text) + 1);
	ret->length = text ? json_string_length(text) : 0;
	return take_result(json_object_get(object, "result"), ret) &&
	       (!bytes || decode_base64(bytes, ret));
}

static int take_answers(const json_t *list, struct record *record, struct error *err)
{
	const json_t *object;
	size_t i;

	if (!json_is_array(list))
		return damaged(err, "it has no answers");
	if (json_array_size(list) > RECORD_ANSWERS_MAX)
		return damaged(err, "it has more answers than any host gives");
	json_array_foreach(list, i, object)
	{
		struct record_answer answer = {0};
		bool taken = take_answer(object, &answer);

		if (taken)
			record_add(record, &answer);
		free(answer.bytes);
		if (!taken)
			return error_set(err, EBADMSG, "damaged: answer %zu is malformed", i + 1);
	}
	return 0;
}

int record_read(const char *data, size_t length, struct record *ret_record, struct error *err)
{
	json_error_t mistake;
	cleanup(release_json) json_t *root = json_loadb(data, length, 0, &mistake);

	*ret_record = (struct record){0};
	if (!root)
		return damaged(err, mistake.text);
	int result = check_header(root, err);
	if (!result)
		result = take_answers(json_object_get(root, "answers"), ret_record, err);
	if (result)
		record_release(ret_record);
	return result;
}
