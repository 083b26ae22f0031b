/* SPDX-License-Identifier: BSD-3-Clause */
/* The vectors of the reference implementation: key 00 01 .. 0f, message 00 01 .. (len - 1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sluice/base/siphash.h"

static const struct sl_siphash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

static const struct {
	size_t len;
	uint64_t hash;
} vectors[] = {
	{ 0, 0x726fdb47dd0e0e31 },  { 1, 0x74f839c593dc67fd },	{ 2, 0x0d6c8009d9a94f5a },  { 3, 0x85676696d7fb7e2d },
	{ 4, 0xcf2794e0277187b7 },  { 5, 0x18765564cd99a68d },	{ 6, 0xcbc9466e58fee3ce },  { 7, 0xab0200f58b01d137 },
	{ 8, 0x93f5f5799a932462 },  { 9, 0x9e0082df0ba9e4b0 },	{ 10, 0x7a5dbbc594ddb9f3 }, { 11, 0xf4b32f46226bada7 },
	{ 12, 0x751e8fbc860ee5fb }, { 13, 0x14ea5627c0843d90 }, { 14, 0xf723ca908e7af2ee }, { 15, 0xa129ca6149be45e5 },
	{ 16, 0x3f2acc7f57c29bdb }, { 63, 0x958a324ceb064572 },
};

static void test_reference_vectors(void **state)
{
	uint8_t message[64];

	for (unsigned int i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	for (unsigned int i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_int_equal(sl_siphash(&key, message, vectors[i].len), vectors[i].hash);
}

static void test_alignment_and_key(void **state)
{
	uint8_t buffer[32] = { 0 };
	struct sl_siphash_key other = { { key.k[0], key.k[1] ^ 1 } };

	for (unsigned int offset = 0; offset < 8; offset++) {
		for (unsigned int i = 0; i < 15; i++)
			buffer[offset + i] = (uint8_t)i;
		assert_int_equal(sl_siphash(&key, buffer + offset, 15), 0xa129ca6149be45e5);
		assert_int_not_equal(sl_siphash(&other, buffer + offset, 15), 0xa129ca6149be45e5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference_vectors),
		cmocka_unit_test(test_alignment_and_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
