/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the process begins. It stands alone so that describe.c can be linked with the same tables of verbs.
 */
#include "cli.h"

int main(int argc, char **argv)
{
    return spoor_main(argc, argv);
}
