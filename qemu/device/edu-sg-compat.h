/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * edu-sg: every difference between QEMU versions, and nothing else
 *
 * The device is written for the newest; this makes older ones look like it.
 */
#ifndef EDU_SG_COMPAT_H
#define EDU_SG_COMPAT_H

#define EDU_SG_QEMU(major, minor) \
    (QEMU_VERSION_MAJOR > (major) || \
     (QEMU_VERSION_MAJOR == (major) && QEMU_VERSION_MINOR >= (minor)))

#if EDU_SG_QEMU(10, 1)
#include "system/memory.h"
#else
#include "exec/memory.h"
#endif

#if EDU_SG_QEMU(10, 0)
#include "system/runstate.h"
#else
#include "sysemu/runstate.h"
#endif

#if EDU_SG_QEMU(8, 0)
#include "hw/pci/pci_device.h"
#else
#include "hw/pci/pci.h"
#endif

#if !EDU_SG_QEMU(9, 0)
#define bql_lock    qemu_mutex_lock_iothread
#define bql_unlock  qemu_mutex_unlock_iothread
#endif

#if EDU_SG_QEMU(10, 0)
#define edu_sg_is_ram(mr, is_write) \
    memory_access_is_direct(mr, is_write, MEMTXATTRS_UNSPECIFIED)
#define EDU_SG_PROPERTY_END
typedef const Property EduSgProperty;
#else
#define edu_sg_is_ram(mr, is_write) memory_access_is_direct(mr, is_write)
#define EDU_SG_PROPERTY_END DEFINE_PROP_END_OF_LIST()
typedef Property EduSgProperty;
#endif

#if !EDU_SG_QEMU(9, 1)
static inline void device_class_set_legacy_reset(DeviceClass *dc,
                                                 void (*reset)(DeviceState *))
{
    dc->reset = reset;
}
#endif

#if EDU_SG_QEMU(10, 1)
typedef const void EduSgClassData;
#else
typedef void EduSgClassData;
#endif

#endif /* EDU_SG_COMPAT_H */
