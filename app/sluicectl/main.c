/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluicectl.h"

int main(int argc, char **argv)
{
	return ctl_run(argc, argv, stdout, stderr);
}
