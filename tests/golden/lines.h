/* SPDX-License-Identifier: BSD-3-Clause */
/* Comparing what left a port with what a golden case expects. */
#ifndef SLUICE_TESTS_GOLDEN_LINES_H
#define SLUICE_TESTS_GOLDEN_LINES_H

#include <stdbool.h>

/* Is the text in the line? An identification that the text does not mention may be anything. */
bool line_has(const char *line, const char *text);

/*
 * Does the line read as expected? $n stands for digits, the same each time. An identification that the expected line does
 * not mention may be anything: sluice draws one for every packet without DF.
 */
bool line_matches(char variables[10][8], const char *expected, const char *actual);

#endif
