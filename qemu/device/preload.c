/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * edu-sg as a shared object for a QEMU binary that is installed
 *
 * QEMU's structs change inside a stable series, so the object works with one
 * build of QEMU only: EDU_SG_BUILT_FOR, what `qemu-system-x86_64 --version`
 * says. Anything else is refused before the device touches anything.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/qapi-commands-control.h"

/* Keep the device's own registration for after the check. */
#undef type_init
#define type_init(function) \
    static void (*const register_device)(void) = function;

#include "edu-sg.c"

static char *edu_sg_running_version(void)
{
    g_autoptr(VersionInfo) info = qmp_query_version(NULL);
    const char *package = info->package;

    /* Old ones say " (Debian ...)", newer ones "Debian ...". */
    while (g_ascii_isspace(*package) || *package == '(') {
        package++;
    }
    return g_strdup_printf("%" PRId64 ".%" PRId64 ".%" PRId64 " (%.*s)",
                           info->qemu->major, info->qemu->minor,
                           info->qemu->micro,
                           (int)strcspn(package, ")"), package);
}

static void edu_sg_register(void)
{
    g_autofree char *running = edu_sg_running_version();

    if (strcmp(running, EDU_SG_BUILT_FOR)) {
        fprintf(stderr, "edu-sg: built for QEMU %s, but this is %s;\n"
                "edu-sg: build it again (make device)\n",
                EDU_SG_BUILT_FOR, running);
        exit(EXIT_FAILURE);
    }
    register_device();
}

/* What QEMU starts must not load the device. */
static void __attribute__((constructor)) edu_sg_load(void)
{
    unsetenv("LD_PRELOAD");
    register_module_init(edu_sg_register, MODULE_INIT_QOM);
}
