/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor of the QEMU that the guest runs in; see qemu/run --monitor
 */
#ifndef MONITOR_H
#define MONITOR_H

/*
 * Give QEMU's human monitor a command: "device_del sg", for instance. Returns what
 * it says, which is nothing if all went well; valid until the next call.
 */
const char *monitor(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Let edu-sg, to QEMU the device "sg", do wrong at the @nth event from now on. */
void inject(const char *fault, unsigned int nth);

#endif /* MONITOR_H */
