/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * edu-sg: an educational scatter-gather DMA device
 *
 * docs/edu-sg.md tells what the device does; this file tells how.
 *
 * Who works on a channel's requests:
 *
 *   the doorbell write itself   up to inline-bytes, under the big lock (BQL)
 *   the channel's own thread    the rest, without the BQL
 *   a bottom half               the rest if there is an IOMMU, whose faults
 *                               need the BQL
 *   a timer                     all of it, with timing=model
 *
 * Whoever does sets EduSgChannel.active and drops the channel's lock while it
 * touches guest memory.  Whatever must not overlap with that (reset, abort, a
 * stopped VM, ...) runs under the BQL and calls edu_sg_hold(), which waits
 * until nobody is active: so nobody may wait for the BQL while active.  Guest
 * memory is touched through pointers to RAM only, never through an access that
 * could end in another device and take the BQL.
 *
 * Lock order: BQL, then EduSgChannel.lock.
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qemu/thread.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "edu-sg-compat.h"
#include "edu-sg-regs.h"

#define TYPE_EDU_SG "edu-sg"
OBJECT_DECLARE_SIMPLE_TYPE(EduSgState, EDU_SG)

#define EDU_SG_BAR              0
#define EDU_SG_MSIX_BAR         1
#define EDU_SG_BAR_SIZE         (1 * MiB)
#define EDU_SG_MAX_VECTORS      64
#define EDU_SG_AUTO_VECTORS     (-1)
#define EDU_SG_PM_OFFSET        0x40
#define EDU_SG_AER_OFFSET       0x100
#define EDU_SG_MAX_LATENCY      1000000000000ULL

#define EDU_DMA_MS              100
#define EDU_FACTORIAL_NS        1000

/* Whoever waits for a copy to end waits for no more than this. */
#define EDU_SG_PIECE            (256 * KiB)
/* How much a bottom half does before the main loop gets its turn. */
#define EDU_SG_TURN             (1 * MiB)
/* What a request and a segment cost in terms of bytes, at least */
#define EDU_SG_OVERHEAD         64
#define EDU_SG_BATCH            64

#define EDU_SG_RING_ALIGN       64

/* A longer request is left to the thread, unless it is the only one. */
#define EDU_SG_SMALL            (128 * KiB)
/* How much guest memory a view shows, at most */
#define EDU_SG_VIEW             (1 * GiB)

/* Internal: the request was interrupted, and begins anew. */
#define EDU_SG_AGAIN            (-1)

/* Reasons why all channels rest */
#define EDU_SG_STOPPED          0x1
#define EDU_SG_ASLEEP           0x2

#define edu_sg_log(fmt, ...) \
    qemu_log_mask(LOG_GUEST_ERROR, "edu-sg: " fmt "\n", ## __VA_ARGS__)

/*
 * A piece of guest RAM that is mapped, and stays so while the memory map does
 * not change: to find out where an address is takes as long as to copy 4 KiB.
 */
typedef struct EduSgView {
    MemoryRegionCache cache;
    hwaddr start;
    /* EduSgState.map when it was opened; 0: it is not open */
    uint32_t map;
    bool is_write;
} EduSgView;

/* What a channel uses guest memory for; each has a view. */
enum edu_sg_use {
    EDU_SG_USE_REQUESTS,
    EDU_SG_USE_LISTS,
    EDU_SG_USE_SOURCE,
    EDU_SG_USE_DESTINATION,
    EDU_SG_USE_COMPLETIONS,
    EDU_SG_NR_USES,
};

typedef struct EduSgChannel {
    EduSgState *s;
    uint32_t number;

    /* Protects all of the following, except as they say. */
    QemuMutex lock;
    /* There may be work for the thread. */
    QemuCond work;
    /* Nobody is active any more. */
    QemuCond idle;

    /* Registers; state and tail are read without the lock, too */
    uint32_t state;
    uint32_t error;
    uint64_t requests;
    uint64_t completions;
    uint32_t size;
    uint32_t vector;
    uint32_t count;
    uint32_t time;
    uint32_t head;
    uint32_t tail;

    /* The request at the head, if it has been fetched; of who is active */
    struct edu_sg_request request;
    bool fetched;
    bool stalled;
    bool failed;
    /* A bit for each entry of the request ring */
    uint64_t aborted[EDU_SG_MAX_RING / 64];

    /* Completions since the last interrupt */
    uint32_t counted;
    /* An interrupt is due; edu_sg_signal() sends it. */
    bool signal;
    QEMUTimer moderation;

    /* timing=model: when the request at the head ends, and how long it takes */
    QEMUTimer model;
    int64_t ends;
    uint64_t duration;

    /* Somebody touches guest memory for this channel, without the lock. */
    bool active;
    /* Only of who is active */
    EduSgView views[EDU_SG_NR_USES];
    /* Nobody may become active while this is not 0; changes under the BQL. */
    uint32_t hold;
    /* The bottom half works instead of the thread. */
    bool in_main_loop;
    QEMUBH *bh;
    bool quit;
    /* Only the thread's own */
    int64_t spin_ns;
} EduSgChannel;

/* All under the BQL, except as they say */
struct EduSgState {
    PCIDevice parent_obj;

    MemoryRegion registers;
    /* Guest memory as the device sees it; a cast costs too much there */
    AddressSpace *guest;
    MemoryListener listener;
    /* Which map of guest memory this is: never 0.  Atomic */
    uint32_t map;
    /* On-board memory: a RAM region that is mapped nowhere */
    MemoryRegion memory;
    uint8_t *memory_ptr;
    VMChangeStateEntry *vm_state;

    /* Properties */
    uint32_t nr_channels;
    uint64_t mem_size;
    uint8_t dma_bits;
    int32_t nr_vectors;
    bool has_msi;
    char *timing;
    uint64_t latency_ns;
    uint64_t bandwidth;
    uint64_t inline_bytes;
    uint32_t spin_ns;

    /* Faults to come; atomic */
    uint32_t fault_fail;
    uint32_t fault_stall;
    uint32_t fault_phase;
    uint32_t fault_irq;

    bool model;
    uint64_t max_address;
    EduSgChannel *channels;
    /* EDU_SG_STOPPED, EDU_SG_ASLEEP */
    unsigned resting;
    /* The device acts under the BQL: it does not answer itself. */
    bool engaged;
    bool gone;
    /* A thread looks for work without sleeping; one at a time does. Atomic */
    bool spinning;
    uint32_t channel_irq;

    /* edu's registers */
    uint32_t liveness;
    uint32_t factorial;
    uint32_t status;
    uint32_t irq_status;
    uint64_t dma_source;
    uint64_t dma_destination;
    uint64_t dma_count;
    uint64_t dma_command;
    QEMUTimer factorial_timer;
    QEMUTimer dma_timer;
};

/* Count a fault down; true if it acts now. */
static bool edu_sg_fault(uint32_t *fault)
{
    uint32_t old = qatomic_read(fault);

    while (old) {
        uint32_t seen = qatomic_cmpxchg(fault, old, old - 1);

        if (seen == old) {
            return old == 1;
        }
        old = seen;
    }
    return false;
}

/*
 * Interrupts
 */

static bool edu_sg_has_messages(EduSgState *s)
{
    PCIDevice *pdev = PCI_DEVICE(s);

    return msix_enabled(pdev) || msi_enabled(pdev);
}

static void edu_sg_update_line(EduSgState *s)
{
    if (!edu_sg_has_messages(s)) {
        pci_set_irq(PCI_DEVICE(s), s->irq_status || s->channel_irq);
    }
}

/* A message is a write, and may be addressed to the device itself. */
static void edu_sg_send(EduSgState *s, uint32_t vector)
{
    PCIDevice *pdev = PCI_DEVICE(s);
    bool engaged = s->engaged;

    s->engaged = true;
    if (msix_enabled(pdev)) {
        msix_notify(pdev, vector);
    } else {
        msi_notify(pdev, 0);
    }
    s->engaged = engaged;
}

/* Send a channel's interrupt if one is due.  BQL held, no channel's lock. */
static void edu_sg_signal(EduSgChannel *ch)
{
    EduSgState *s = ch->s;
    uint32_t vector;
    bool due;

    qemu_mutex_lock(&ch->lock);
    due = ch->signal;
    ch->signal = false;
    vector = ch->vector;
    qemu_mutex_unlock(&ch->lock);

    if (!due || s->gone || edu_sg_fault(&s->fault_irq)) {
        return;
    }
    if (!msix_enabled(PCI_DEVICE(s))) {
        s->channel_irq |= 1U << ch->number;
    }
    if (edu_sg_has_messages(s)) {
        edu_sg_send(s, vector);
    } else {
        edu_sg_update_line(s);
    }
}

/* A completion has been written that counts for the interrupt.  Lock held. */
static void edu_sg_count(EduSgChannel *ch)
{
    if (!ch->count) {
        return;
    }
    ch->counted++;
    if (ch->counted >= ch->count) {
        ch->counted = 0;
        ch->signal = true;
        timer_del(&ch->moderation);
    } else if (ch->counted == 1 && ch->time) {
        timer_mod(&ch->moderation,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ch->time);
    }
}

static void edu_sg_moderation_timer(void *opaque)
{
    EduSgChannel *ch = opaque;

    qemu_mutex_lock(&ch->lock);
    if (ch->counted) {
        ch->counted = 0;
        ch->signal = true;
    }
    qemu_mutex_unlock(&ch->lock);
    edu_sg_signal(ch);
}

static void edu_sg_set_moderation(EduSgChannel *ch, uint32_t count,
                                  uint32_t time)
{
    qemu_mutex_lock(&ch->lock);
    ch->count = count;
    ch->time = time;
    timer_del(&ch->moderation);
    if (!count) {
        ch->counted = 0;
    } else if (ch->counted >= count) {
        ch->counted = 0;
        ch->signal = true;
    } else if (ch->counted && time) {
        timer_mod(&ch->moderation,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + time);
    }
    qemu_mutex_unlock(&ch->lock);
    edu_sg_signal(ch);
}

static void edu_sg_raise(EduSgState *s, uint32_t bits)
{
    s->irq_status |= bits;
    if (!s->irq_status) {
        return;
    }
    if (edu_sg_has_messages(s)) {
        edu_sg_send(s, 0);
    } else {
        edu_sg_update_line(s);
    }
}

/*
 * Guest memory and on-board memory.  None of this needs the BQL, unless there
 * is an IOMMU.
 */

static bool edu_sg_reaches(EduSgState *s, uint64_t addr, uint64_t len)
{
    return addr <= s->max_address && len - 1 <= s->max_address - addr;
}

static void edu_sg_close_view(EduSgView *view)
{
    if (view->map) {
        address_space_cache_destroy(&view->cache);
        view->map = 0;
    }
}

/* Behind an IOMMU there is none: what it shows may change at any time. */
static bool edu_sg_open_view(EduSgState *s, EduSgView *view, uint64_t addr)
{
    edu_sg_close_view(view);
    view->map = qatomic_read(&s->map);
    view->start = addr;
    address_space_cache_init(&view->cache, s->guest, addr,
                             MIN(EDU_SG_VIEW - 1, s->max_address - addr) + 1,
                             view->is_write);
    if (!view->cache.ptr) {
        edu_sg_close_view(view);
    }
    return view->map;
}

static bool edu_sg_view_shows(EduSgState *s, const EduSgView *view,
                              uint64_t addr)
{
    return view->map == qatomic_read(&s->map) &&
           addr - view->start < view->cache.len;
}

/*
 * virtio-iommu takes the last byte of a page for a part of the next one, so it
 * is asked for the byte before that.
 */
static MemoryRegion *edu_sg_translate(EduSgState *s, uint64_t addr,
                                      hwaddr *offset, hwaddr *len,
                                      bool is_write)
{
    unsigned int before = addr % (4 * KiB) == 4 * KiB - 1;
    MemoryRegion *mr;

    *len += before;
    mr = flatview_translate(address_space_to_flatview(s->guest), addr - before,
                            offset, len, is_write, MEMTXATTRS_UNSPECIFIED);
    *offset += before;
    *len -= before;
    return mr;
}

/*
 * Where guest memory is, and how much of it is in one piece: NULL if it is not
 * RAM.  Valid in this RCU critical section.  What was written must be given to
 * edu_sg_written().
 */
static uint8_t *edu_sg_ram(EduSgState *s, EduSgView *view, uint64_t addr,
                           hwaddr *len)
{
    MemoryRegion *mr;
    hwaddr offset;

    if (edu_sg_view_shows(s, view, addr) || edu_sg_open_view(s, view, addr)) {
        offset = addr - view->start;
        *len = MIN(*len, view->cache.len - offset);
        return (uint8_t *)view->cache.ptr + offset;
    }
    mr = edu_sg_translate(s, addr, &offset, len, view->is_write);
    if (!edu_sg_is_ram(mr, view->is_write)) {
        return NULL;
    }
    if (view->is_write) {
        memory_region_ref(mr);
    }
    return (uint8_t *)memory_region_get_ram_ptr(mr) + offset;
}

/* Tell those who translate code or migrate. */
static void edu_sg_written(EduSgState *s, EduSgView *view, uint8_t *ptr,
                           hwaddr len)
{
    if (view->map) {
        address_space_cache_invalidate(&view->cache,
                                       ptr - (uint8_t *)view->cache.ptr, len);
    } else {
        address_space_unmap(s->guest, ptr, len, true, len);
    }
}

static bool edu_sg_read(EduSgState *s, EduSgView *view, uint64_t addr,
                        void *buf, hwaddr len)
{
    uint8_t *to = buf;

    RCU_READ_LOCK_GUARD();
    while (len) {
        hwaddr n = len;
        uint8_t *from = edu_sg_ram(s, view, addr, &n);

        if (!from) {
            return false;
        }
        memcpy(to, from, n);
        to += n;
        addr += n;
        len -= n;
    }
    return true;
}

/* A request's guest memory, piece by piece */
typedef struct EduSgCursor {
    /* What is left of the current segment */
    uint64_t address;
    uint64_t left;
    /* Segments of the list that have not been read yet */
    uint64_t list;
    uint32_t count;
    /* Segments that have been read, and not looked at yet */
    struct edu_sg_segment batch[EDU_SG_BATCH];
    uint32_t next;
    uint32_t nr_batch;
    /* Bytes to pass over */
    uint32_t skip;
    /* Segments looked at */
    uint32_t walked;
} EduSgCursor;

static int edu_sg_cursor_init(EduSgState *s, EduSgCursor *cursor,
                              uint64_t address, uint64_t length,
                              uint32_t count, uint32_t skip)
{
    cursor->next = 0;
    cursor->nr_batch = 0;
    cursor->walked = 0;
    cursor->skip = skip;
    cursor->count = count;
    if (!count) {
        cursor->address = address;
        cursor->left = length;
        return edu_sg_reaches(s, address, length) ? EDU_SG_OK
                                                  : EDU_SG_BAD_ADDRESS;
    }
    cursor->list = address;
    cursor->left = 0;
    return address % sizeof(struct edu_sg_segment) ? EDU_SG_BAD_LIST
                                                   : EDU_SG_OK;
}

/* The end of a list may be unreadable, and not needed: so try one alone. */
static int edu_sg_read_segments(EduSgChannel *ch, EduSgCursor *cursor)
{
    EduSgState *s = ch->s;
    EduSgView *view = &ch->views[EDU_SG_USE_LISTS];
    uint32_t n = MIN(cursor->count, EDU_SG_BATCH);
    uint32_t i;

    for (;; n = 1) {
        size_t bytes = n * sizeof(struct edu_sg_segment);
        bool reaches = edu_sg_reaches(s, cursor->list, bytes);

        if (reaches &&
            edu_sg_read(s, view, cursor->list, cursor->batch, bytes)) {
            break;
        }
        if (n == 1) {
            return reaches ? EDU_SG_LIST_READ : EDU_SG_BAD_ADDRESS;
        }
    }

    for (i = 0; i < n; i++) {
        struct edu_sg_segment *segment = &cursor->batch[i];

        segment->address = le64_to_cpu(segment->address);
        segment->length = le32_to_cpu(segment->length);
        segment->flags = le32_to_cpu(segment->flags);
    }
    cursor->list += n * sizeof(struct edu_sg_segment);
    cursor->count -= n;
    cursor->next = 0;
    cursor->nr_batch = n;
    return EDU_SG_OK;
}

static int edu_sg_follow(EduSgCursor *cursor,
                         const struct edu_sg_segment *link)
{
    if (link->address % sizeof(struct edu_sg_segment) || !link->length) {
        return EDU_SG_BAD_LIST;
    }
    cursor->list = link->address;
    cursor->count = link->length;
    cursor->next = 0;
    cursor->nr_batch = 0;
    return EDU_SG_OK;
}

/* Make sure that some of a segment is left. */
static int edu_sg_cursor_fill(EduSgChannel *ch, EduSgCursor *cursor)
{
    while (!cursor->left) {
        const struct edu_sg_segment *segment;
        uint32_t skip;
        int status;

        if (cursor->next == cursor->nr_batch) {
            if (!cursor->count) {
                return EDU_SG_BAD_SHORT;
            }
            status = edu_sg_read_segments(ch, cursor);
            if (status) {
                return status;
            }
        }
        segment = &cursor->batch[cursor->next++];
        if (cursor->walked == EDU_SG_MAX_SEGMENTS) {
            return EDU_SG_BAD_SEGMENTS;
        }
        cursor->walked++;
        if (segment->flags & ~EDU_SG_SEGMENT_LINK) {
            return EDU_SG_BAD_SEGMENT;
        }
        if (segment->flags & EDU_SG_SEGMENT_LINK) {
            status = edu_sg_follow(cursor, segment);
            if (status) {
                return status;
            }
            continue;
        }
        if (!segment->length) {
            return EDU_SG_BAD_SEGMENT;
        }
        if (!edu_sg_reaches(ch->s, segment->address, segment->length)) {
            return EDU_SG_BAD_ADDRESS;
        }
        skip = MIN(cursor->skip, segment->length);
        cursor->skip -= skip;
        cursor->address = segment->address + skip;
        cursor->left = segment->length - skip;
    }
    return EDU_SG_OK;
}

static void edu_sg_cursor_advance(EduSgCursor *cursor, hwaddr len)
{
    cursor->address += len;
    cursor->left -= len;
}

static uint8_t *edu_sg_memory(EduSgState *s, uint64_t offset, hwaddr *len)
{
    if (offset >= s->mem_size) {
        offset %= s->mem_size;
    }
    *len = MIN(*len, s->mem_size - offset);
    return s->memory_ptr + offset;
}

/* The circle may begin anew in between. */
static void edu_sg_memory_written(EduSgState *s, uint64_t offset, hwaddr len)
{
    while (len) {
        hwaddr n = len;
        uint8_t *ptr = edu_sg_memory(s, offset, &n);

        memory_region_set_dirty(&s->memory, ptr - s->memory_ptr, n);
        offset += n;
        len -= n;
    }
}

/*
 * Requests
 */

static void edu_sg_request_to_cpu(struct edu_sg_request *req)
{
    req->reserved2 = le16_to_cpu(req->reserved2);
    req->reserved4 = le32_to_cpu(req->reserved4);
    req->id = le64_to_cpu(req->id);
    req->length = le64_to_cpu(req->length);
    req->device_offset = le64_to_cpu(req->device_offset);
    req->source = le64_to_cpu(req->source);
    req->destination = le64_to_cpu(req->destination);
    req->source_count = le32_to_cpu(req->source_count);
    req->destination_count = le32_to_cpu(req->destination_count);
    req->source_skip = le32_to_cpu(req->source_skip);
    req->destination_skip = le32_to_cpu(req->destination_skip);
}

static bool edu_sg_reads_guest(const struct edu_sg_request *req)
{
    return req->opcode == EDU_SG_TO_DEVICE || req->opcode == EDU_SG_COPY;
}

static bool edu_sg_writes_guest(const struct edu_sg_request *req)
{
    return req->opcode == EDU_SG_FROM_DEVICE || req->opcode == EDU_SG_COPY;
}

/* What can be said of a request without looking at its lists */
static int edu_sg_check(EduSgState *s, const struct edu_sg_request *req)
{
    bool from = edu_sg_reads_guest(req);
    bool to = edu_sg_writes_guest(req);
    bool clear = req->opcode == EDU_SG_CLEAR;

    if (!from && !to && !clear) {
        return EDU_SG_BAD_OPCODE;
    }
    if ((req->flags & ~EDU_SG_FLAG_IRQ) || req->reserved2 || req->reserved4 ||
        (from && to && req->device_offset) ||
        (!from && (req->source || req->source_count)) ||
        (!to && (req->destination || req->destination_count)) ||
        (!req->source_count && req->source_skip) ||
        (!req->destination_count && req->destination_skip)) {
        return EDU_SG_BAD_RESERVED;
    }
    if (!req->length || req->length > EDU_SG_MAX_LENGTH ||
        (clear && req->length > s->mem_size)) {
        return EDU_SG_BAD_LENGTH;
    }
    if (req->device_offset >= s->mem_size) {
        return EDU_SG_BAD_OFFSET;
    }
    return EDU_SG_OK;
}

static bool edu_sg_interrupted(EduSgChannel *ch)
{
    return qatomic_read(&ch->hold) ||
           qatomic_read(&ch->state) != EDU_SG_RUNNING;
}

/* A request that is being copied */
typedef struct EduSgCopy {
    EduSgCursor source;
    EduSgCursor destination;
    uint64_t moved;
    /* In terms of bytes */
    uint64_t cost;
} EduSgCopy;

/* What is in one piece on both sides: a status.  In an RCU critical section */
static int edu_sg_move_segment(EduSgChannel *ch, EduSgCopy *copy, hwaddr n)
{
    EduSgState *s = ch->s;
    const struct edu_sg_request *req = &ch->request;
    EduSgView *reads = &ch->views[EDU_SG_USE_SOURCE];
    EduSgView *writes = &ch->views[EDU_SG_USE_DESTINATION];
    uint64_t offset = req->device_offset + copy->moved;
    uint8_t *from = NULL, *to;

    if (edu_sg_reads_guest(req)) {
        n = MIN(n, copy->source.left);
        from = edu_sg_ram(s, reads, copy->source.address, &n);
        if (!from) {
            return EDU_SG_SOURCE_READ;
        }
    } else if (edu_sg_writes_guest(req)) {
        from = edu_sg_memory(s, offset, &n);
    }
    if (edu_sg_writes_guest(req)) {
        n = MIN(n, copy->destination.left);
        to = edu_sg_ram(s, writes, copy->destination.address, &n);
        if (!to) {
            return EDU_SG_DESTINATION_WRITE;
        }
    } else {
        to = edu_sg_memory(s, offset, &n);
    }

    if (from) {
        memmove(to, from, n);
    } else {
        memset(to, 0, n);
    }

    if (edu_sg_writes_guest(req)) {
        edu_sg_written(s, writes, to, n);
        edu_sg_cursor_advance(&copy->destination, n);
    }
    if (edu_sg_reads_guest(req)) {
        edu_sg_cursor_advance(&copy->source, n);
    }
    copy->moved += n;
    copy->cost += MAX(n, EDU_SG_OVERHEAD);
    return EDU_SG_OK;
}

static int edu_sg_move_piece(EduSgChannel *ch, EduSgCopy *copy)
{
    const struct edu_sg_request *req = &ch->request;
    uint64_t begin = copy->moved;
    uint64_t end = MIN(req->length, begin + EDU_SG_PIECE);
    int status = EDU_SG_OK;

    RCU_READ_LOCK_GUARD();
    while (!status && copy->moved < end) {
        if (edu_sg_reads_guest(req)) {
            status = edu_sg_cursor_fill(ch, &copy->source);
        }
        if (!status && edu_sg_writes_guest(req)) {
            status = edu_sg_cursor_fill(ch, &copy->destination);
        }
        if (!status) {
            status = edu_sg_move_segment(ch, copy, end - copy->moved);
        }
    }
    if (!edu_sg_writes_guest(req)) {
        edu_sg_memory_written(ch->s, req->device_offset + begin,
                              copy->moved - begin);
    }
    return status;
}

/* Move a request's bytes: a status, or EDU_SG_AGAIN. */
static int edu_sg_move(EduSgChannel *ch, EduSgCopy *copy)
{
    EduSgState *s = ch->s;
    const struct edu_sg_request *req = &ch->request;
    int status;

    status = edu_sg_check(s, req);
    if (!status && edu_sg_reads_guest(req)) {
        status = edu_sg_cursor_init(s, &copy->source, req->source, req->length,
                                    req->source_count, req->source_skip);
    }
    if (!status && edu_sg_writes_guest(req)) {
        status = edu_sg_cursor_init(s, &copy->destination, req->destination,
                                    req->length, req->destination_count,
                                    req->destination_skip);
    }
    while (!status && copy->moved < req->length) {
        if (edu_sg_interrupted(ch)) {
            return EDU_SG_AGAIN;
        }
        status = edu_sg_move_piece(ch, copy);
    }
    return status;
}

static bool edu_sg_write_completion(EduSgChannel *ch, uint64_t addr,
                                    const struct edu_sg_completion *entry)
{
    EduSgState *s = ch->s;
    EduSgView *view = &ch->views[EDU_SG_USE_COMPLETIONS];
    union {
        struct {
            uint32_t number;
            uint16_t status;
            uint16_t phase;
        };
        uint64_t word;
    } last = {
        .number = cpu_to_le32(entry->number),
        .status = cpu_to_le16(entry->status),
        .phase = cpu_to_le16(entry->phase),
    };
    struct edu_sg_completion *to;
    hwaddr len = sizeof(*to);

    RCU_READ_LOCK_GUARD();
    to = (struct edu_sg_completion *)edu_sg_ram(s, view, addr, &len);
    if (!to) {
        return false;
    }
    if (len == sizeof(*to)) {
        to->id = cpu_to_le64(entry->id);
        to->bytes = cpu_to_le64(entry->bytes);
        to->busy_ns = cpu_to_le64(entry->busy_ns);
        qatomic_store_release((uint64_t *)&to->number, last.word);
    }
    edu_sg_written(s, view, (uint8_t *)to, len);
    return len == sizeof(*to);
}

/*
 * A channel's life
 */

/* Lock held */
static void edu_sg_halt(EduSgChannel *ch, enum edu_sg_error error)
{
    qatomic_set(&ch->state, EDU_SG_HALTED);
    ch->error = error;
    ch->signal = true;
    edu_sg_log("channel %u halts with error %d", ch->number, error);
}

static uint32_t edu_sg_slot(EduSgChannel *ch, uint32_t number)
{
    return number & (ch->size - 1);
}

static bool edu_sg_is_aborted(EduSgChannel *ch, uint32_t number)
{
    uint32_t slot = edu_sg_slot(ch, number);

    return ch->aborted[slot / 64] >> (slot % 64) & 1;
}

static void edu_sg_set_aborted(EduSgChannel *ch, uint32_t number, bool aborted)
{
    uint32_t slot = edu_sg_slot(ch, number);
    uint64_t bit = 1ULL << (slot % 64);

    if (aborted) {
        ch->aborted[slot / 64] |= bit;
    } else {
        ch->aborted[slot / 64] &= ~bit;
    }
}

/* There is a request that may be worked on now.  Lock held. */
static bool edu_sg_is_ready(EduSgChannel *ch)
{
    return !ch->active && !ch->hold && !ch->quit &&
           ch->state == EDU_SG_RUNNING && ch->head != ch->tail &&
           (!ch->stalled || edu_sg_is_aborted(ch, ch->head));
}

/* Between these two, guest memory is touched, and the lock is not held. */
static void edu_sg_begin(EduSgChannel *ch)
{
    ch->active = true;
    qemu_mutex_unlock(&ch->lock);
}

static void edu_sg_end(EduSgChannel *ch)
{
    qemu_mutex_lock(&ch->lock);
    ch->active = false;
    if (ch->hold) {
        qemu_cond_broadcast(&ch->idle);
    }
}

/*
 * Read the descriptor of the request at the head: false if that fails.  Active;
 * if the device itself was called back, the channel may have been reset.
 */
static bool edu_sg_fetch(EduSgChannel *ch)
{
    EduSgState *s = ch->s;
    EduSgView *view = &ch->views[EDU_SG_USE_REQUESTS];
    uint64_t addr = ch->requests +
                    edu_sg_slot(ch, ch->head) * sizeof(ch->request);

    if (!edu_sg_read(s, view, addr, &ch->request, sizeof(ch->request)) ||
        qatomic_read(&ch->state) != EDU_SG_RUNNING) {
        return false;
    }
    edu_sg_request_to_cpu(&ch->request);
    ch->stalled = edu_sg_fault(&s->fault_stall);
    ch->failed = edu_sg_fault(&s->fault_fail);
    ch->fetched = true;
    return true;
}

/* Lock held, ready, not fetched */
static void edu_sg_fetch_alone(EduSgChannel *ch)
{
    bool fetched;

    edu_sg_begin(ch);
    fetched = edu_sg_fetch(ch);
    edu_sg_end(ch);
    if (!fetched && ch->state == EDU_SG_RUNNING) {
        edu_sg_halt(ch, EDU_SG_ERROR_REQUEST_READ);
    }
}

/*
 * Move the bytes of the request at the head, and say what there is to say of
 * that: false if it was interrupted.  Active, fetched
 */
static bool edu_sg_execute(EduSgChannel *ch, bool aborted,
                           struct edu_sg_completion *entry, uint64_t *cost)
{
    EduSgCopy copy;
    int64_t start;
    int status;

    entry->id = ch->request.id;
    entry->bytes = 0;
    entry->busy_ns = ch->duration;
    entry->number = ch->head;
    entry->phase = !(ch->head & ch->size);
    if (aborted) {
        entry->status = EDU_SG_ABORTED;
        entry->busy_ns = 0;
        return true;
    }
    if (ch->failed) {
        entry->status = EDU_SG_DEVICE_FAILED;
        return true;
    }

    copy.moved = 0;
    copy.cost = 0;
    start = ch->s->model ? 0 : get_clock();
    status = edu_sg_move(ch, &copy);
    if (!ch->s->model) {
        entry->busy_ns = get_clock() - start;
    }
    entry->bytes = copy.moved;
    entry->status = status;
    *cost = MAX(copy.cost, EDU_SG_OVERHEAD);
    return status != EDU_SG_AGAIN &&
           qatomic_read(&ch->state) == EDU_SG_RUNNING;
}

/* The request at the head has ended: false if nobody can be told.  Active */
static bool edu_sg_complete(EduSgChannel *ch, struct edu_sg_completion *entry)
{
    uint64_t addr = ch->completions +
                    edu_sg_slot(ch, ch->head) * sizeof(*entry);

    if (edu_sg_fault(&ch->s->fault_phase)) {
        entry->phase ^= EDU_SG_PHASE;
    }
    return edu_sg_write_completion(ch, addr, entry);
}

/*
 * Fetch the request at the head, and work on it to its end, unless it is longer
 * than that, stalled or interrupted.  If it has been aborted, it just ends.
 * Returns what was done, in terms of bytes.  Lock held, ready.
 */
static uint64_t edu_sg_work(EduSgChannel *ch, uint64_t most)
{
    struct edu_sg_completion entry;
    bool aborted = edu_sg_is_aborted(ch, ch->head);
    bool fetched, ended = false, told = false;
    uint64_t cost = EDU_SG_OVERHEAD;

    edu_sg_begin(ch);
    fetched = ch->fetched || edu_sg_fetch(ch);
    if (fetched &&
        (aborted || (!ch->stalled && ch->request.length <= most))) {
        ended = edu_sg_execute(ch, aborted, &entry, &cost);
    }
    if (ended) {
        told = edu_sg_complete(ch, &entry);
    }
    edu_sg_end(ch);

    if (ch->state != EDU_SG_RUNNING) {
        return cost;
    }
    if (!fetched) {
        edu_sg_halt(ch, EDU_SG_ERROR_REQUEST_READ);
    } else if (ended && !told) {
        edu_sg_halt(ch, EDU_SG_ERROR_COMPLETION_WRITE);
    } else if (ended) {
        edu_sg_set_aborted(ch, ch->head, false);
        ch->fetched = false;
        ch->stalled = false;
        ch->head++;
        if (ch->request.flags & EDU_SG_FLAG_IRQ) {
            edu_sg_count(ch);
        }
    }
    return cost;
}

/*
 * Work on requests while they fit into a budget of bytes.  BQL and lock held.
 * Even without a budget, aborted requests are ended.
 */
static void edu_sg_work_inline(EduSgChannel *ch, uint64_t budget)
{
    EduSgState *s = ch->s;
    bool engaged = s->engaged;

    s->engaged = true;
    while (edu_sg_is_ready(ch)) {
        bool aborted = edu_sg_is_aborted(ch, ch->head);
        bool alone = ch->tail - ch->head == 1;
        uint64_t most = alone ? budget : MIN(budget, EDU_SG_SMALL);
        uint64_t cost;

        if (!aborted && !budget) {
            break;
        }
        cost = edu_sg_work(ch, most);
        if (ch->fetched) {
            break;
        }
        budget -= MIN(budget, cost);
    }
    s->engaged = engaged;
}

static void edu_sg_bh(void *opaque)
{
    EduSgChannel *ch = opaque;
    EduSgState *s = ch->s;
    bool engaged = s->engaged;
    uint64_t cost = 0;

    qemu_mutex_lock(&ch->lock);
    s->engaged = true;
    while (cost < EDU_SG_TURN && edu_sg_is_ready(ch)) {
        cost += edu_sg_work(ch, UINT64_MAX);
    }
    s->engaged = engaged;
    if (edu_sg_is_ready(ch)) {
        qemu_bh_schedule(ch->bh);
    }
    qemu_mutex_unlock(&ch->lock);
    edu_sg_signal(ch);
}

/*
 * timing=model: begin the request at the head at a moment of virtual time.
 * BQL and lock held.
 */
static void edu_sg_model_begin(EduSgChannel *ch, int64_t now)
{
    EduSgState *s = ch->s;
    bool engaged = s->engaged;

    s->engaged = true;
    while (edu_sg_is_ready(ch) && !timer_pending(&ch->model)) {
        if (!ch->fetched) {
            edu_sg_fetch_alone(ch);
        } else if (edu_sg_is_aborted(ch, ch->head)) {
            edu_sg_work(ch, UINT64_MAX);
        } else {
            ch->duration = s->latency_ns;
            if (!ch->failed && !edu_sg_check(s, &ch->request)) {
                uint64_t work = ch->request.length * NANOSECONDS_PER_SECOND;

                ch->duration += work / s->bandwidth + !!(work % s->bandwidth);
            }
            ch->ends = now + ch->duration;
            timer_mod(&ch->model, ch->ends);
        }
    }
    s->engaged = engaged;
}

static void edu_sg_model_timer(void *opaque)
{
    EduSgChannel *ch = opaque;
    EduSgState *s = ch->s;
    bool engaged = s->engaged;

    qemu_mutex_lock(&ch->lock);
    if (edu_sg_is_ready(ch) && ch->fetched) {
        s->engaged = true;
        edu_sg_work(ch, UINT64_MAX);
        s->engaged = engaged;
        /* The timer may be late; the model is not. */
        edu_sg_model_begin(ch, ch->ends);
    }
    qemu_mutex_unlock(&ch->lock);
    edu_sg_signal(ch);
}

/* See that somebody works on what there is to do.  BQL held. */
static void edu_sg_kick(EduSgChannel *ch)
{
    EduSgState *s = ch->s;

    qemu_mutex_lock(&ch->lock);
    if (s->model) {
        edu_sg_model_begin(ch, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    } else {
        edu_sg_work_inline(ch, s->inline_bytes);
        if (!edu_sg_is_ready(ch)) {
            /* Done, or somebody is at it. */
        } else if (ch->in_main_loop) {
            qemu_bh_schedule(ch->bh);
        } else {
            qemu_cond_signal(&ch->work);
        }
    }
    qemu_mutex_unlock(&ch->lock);
    edu_sg_signal(ch);
}

/*
 * Let nobody touch guest memory for this channel.  BQL held.  If the device
 * itself is being called back, there is nobody to wait for but the caller.
 */
static void edu_sg_hold(EduSgChannel *ch)
{
    qemu_mutex_lock(&ch->lock);
    qatomic_set(&ch->hold, ch->hold + 1);
    while (ch->active && !ch->s->engaged) {
        qemu_cond_wait(&ch->idle, &ch->lock);
    }
    qemu_mutex_unlock(&ch->lock);
}

static void edu_sg_release(EduSgChannel *ch)
{
    qemu_mutex_lock(&ch->lock);
    qatomic_set(&ch->hold, ch->hold - 1);
    qemu_mutex_unlock(&ch->lock);
    edu_sg_kick(ch);
}

static void edu_sg_hold_all(EduSgState *s)
{
    uint32_t i;

    for (i = 0; i < s->nr_channels; i++) {
        edu_sg_hold(&s->channels[i]);
    }
}

static void edu_sg_release_all(EduSgState *s)
{
    uint32_t i;

    for (i = 0; i < s->nr_channels; i++) {
        edu_sg_release(&s->channels[i]);
    }
}

/* Add or remove a reason why all channels rest. */
static void edu_sg_set_resting(EduSgState *s, unsigned reason, bool rest)
{
    unsigned old = s->resting;

    s->resting = rest ? old | reason : old & ~reason;
    if (!old && s->resting) {
        edu_sg_hold_all(s);
    } else if (old && !s->resting) {
        edu_sg_release_all(s);
    }
}

static void edu_sg_vm_state(void *opaque, bool running, RunState state)
{
    edu_sg_set_resting(opaque, EDU_SG_STOPPED, !running);
}

/* Who is active finds out by himself that a view shows nothing any more. */
static void edu_sg_close_views(EduSgChannel *ch)
{
    uint32_t use;

    qemu_mutex_lock(&ch->lock);
    for (use = 0; !ch->active && use < EDU_SG_NR_USES; use++) {
        edu_sg_close_view(&ch->views[use]);
    }
    qemu_mutex_unlock(&ch->lock);
}

/* Guest memory has changed. */
static void edu_sg_map_changed(MemoryListener *listener)
{
    EduSgState *s = container_of(listener, EduSgState, listener);
    uint32_t i;

    qatomic_set(&s->map, s->map + 1 ?: 1);
    for (i = 0; i < s->nr_channels; i++) {
        edu_sg_close_views(&s->channels[i]);
    }
}

static bool edu_sg_is_behind_iommu(EduSgState *s)
{
    return pci_device_iommu_address_space(PCI_DEVICE(s)) !=
           &address_space_memory;
}

static bool edu_sg_config_is_good(EduSgChannel *ch)
{
    EduSgState *s = ch->s;

    return ch->size >= 2 && ch->size <= EDU_SG_MAX_RING &&
           is_power_of_2(ch->size) &&
           !(ch->requests % EDU_SG_RING_ALIGN) &&
           !(ch->completions % EDU_SG_RING_ALIGN) &&
           edu_sg_reaches(s, ch->requests,
                          ch->size * sizeof(struct edu_sg_request)) &&
           edu_sg_reaches(s, ch->completions,
                          ch->size * sizeof(struct edu_sg_completion));
}

static void edu_sg_enable(EduSgChannel *ch)
{
    qemu_mutex_lock(&ch->lock);
    if (ch->state != EDU_SG_DISABLED) {
        edu_sg_log("channel %u is enabled already", ch->number);
    } else if (!edu_sg_config_is_good(ch)) {
        edu_sg_halt(ch, EDU_SG_ERROR_CONFIG);
    } else {
        ch->in_main_loop = edu_sg_is_behind_iommu(ch->s);
        qatomic_set(&ch->state, EDU_SG_RUNNING);
    }
    qemu_mutex_unlock(&ch->lock);
    edu_sg_signal(ch);
}

static void edu_sg_reset_channel(EduSgChannel *ch)
{
    edu_sg_hold(ch);
    qemu_mutex_lock(&ch->lock);
    qatomic_set(&ch->state, EDU_SG_DISABLED);
    ch->error = EDU_SG_ERROR_NONE;
    ch->requests = 0;
    ch->completions = 0;
    ch->size = 0;
    ch->vector = 0;
    ch->count = 1;
    ch->time = 0;
    qatomic_set(&ch->head, 0);
    qatomic_set(&ch->tail, 0);
    ch->fetched = false;
    ch->stalled = false;
    memset(ch->aborted, 0, sizeof(ch->aborted));
    ch->counted = 0;
    ch->signal = false;
    ch->ends = 0;
    ch->duration = 0;
    timer_del(&ch->moderation);
    timer_del(&ch->model);
    if (ch->bh) {
        qemu_bh_cancel(ch->bh);
    }
    qemu_mutex_unlock(&ch->lock);
    edu_sg_release(ch);
}

/*
 * Take a TAIL, unless it is bad: one that goes backwards is a step of nearly
 * 2^32.  Lock held, running
 */
static bool edu_sg_take_tail(EduSgChannel *ch, uint32_t tail)
{
    if (tail - ch->head > ch->size || tail - ch->tail > ch->size) {
        return false;
    }
    qatomic_set(&ch->tail, tail);
    return true;
}

/*
 * The guest may have seen a completion that has not been counted yet, and use
 * its slot again: so a TAIL is only bad if it is so while nobody is active.
 */
static void edu_sg_doorbell(EduSgChannel *ch, uint32_t tail)
{
    bool running, taken;

    qemu_mutex_lock(&ch->lock);
    running = ch->state == EDU_SG_RUNNING;
    taken = running && edu_sg_take_tail(ch, tail);
    qemu_mutex_unlock(&ch->lock);

    if (taken) {
        edu_sg_kick(ch);
        return;
    }
    if (!running) {
        edu_sg_log("doorbell of channel %u, which is not running", ch->number);
        return;
    }
    edu_sg_hold(ch);
    qemu_mutex_lock(&ch->lock);
    if (ch->state == EDU_SG_RUNNING && !edu_sg_take_tail(ch, tail)) {
        edu_sg_halt(ch, EDU_SG_ERROR_DOORBELL);
    }
    qemu_mutex_unlock(&ch->lock);
    edu_sg_release(ch);
}

static void edu_sg_abort(EduSgChannel *ch, uint32_t number)
{
    edu_sg_hold(ch);
    qemu_mutex_lock(&ch->lock);
    if (ch->state != EDU_SG_RUNNING) {
        edu_sg_log("abort on channel %u, which is not running", ch->number);
    } else if (number - ch->head < ch->tail - ch->head) {
        edu_sg_set_aborted(ch, number, true);
        if (number == ch->head) {
            timer_del(&ch->model);
        }
    }
    qemu_mutex_unlock(&ch->lock);
    edu_sg_release(ch);
}

/* How long to look for work before sleeping: longer after each short sleep. */
static void edu_sg_adapt_spin(EduSgChannel *ch, int64_t waited)
{
    int64_t most = ch->s->spin_ns;

    if (waited < most) {
        ch->spin_ns = MIN(MAX(2 * ch->spin_ns, most / 16), most);
    } else {
        ch->spin_ns /= 2;
    }
}

/* Wait for work.  Lock held. */
static void edu_sg_wait(EduSgChannel *ch)
{
    EduSgState *s = ch->s;
    int64_t start = get_clock();
    uint32_t tail = ch->tail;

    if (ch->spin_ns && !qatomic_xchg(&s->spinning, true)) {
        int64_t end = start + ch->spin_ns;

        qemu_mutex_unlock(&ch->lock);
        while (qatomic_read(&ch->tail) == tail && !qatomic_read(&ch->hold) &&
               get_clock() < end) {
            cpu_relax();
        }
        qatomic_set(&s->spinning, false);
        qemu_mutex_lock(&ch->lock);
    }
    /* What the main loop works on needs the lock. */
    if ((ch->in_main_loop || !edu_sg_is_ready(ch)) && !ch->quit) {
        qemu_cond_wait(&ch->work, &ch->lock);
    }
    edu_sg_adapt_spin(ch, get_clock() - start);
}

/*
 * A channel's thread.  It may wait for the BQL while the device is being
 * removed, so nobody joins it: it has a reference to the device instead.
 */
static void *edu_sg_thread(void *opaque)
{
    EduSgChannel *ch = opaque;
    EduSgState *s = ch->s;

    rcu_register_thread();
    qemu_mutex_lock(&ch->lock);
    while (!ch->quit) {
        if (ch->in_main_loop || !edu_sg_is_ready(ch)) {
            edu_sg_wait(ch);
            continue;
        }
        edu_sg_work(ch, UINT64_MAX);
        if (ch->signal) {
            qemu_mutex_unlock(&ch->lock);
            bql_lock();
            edu_sg_signal(ch);
            bql_unlock();
            qemu_mutex_lock(&ch->lock);
        }
    }
    qemu_mutex_unlock(&ch->lock);

    bql_lock();
    object_unref(OBJECT(s));
    bql_unlock();
    rcu_unregister_thread();
    return NULL;
}

/*
 * edu's engine
 */

/* Either the source or the destination is in edu's window. */
static bool edu_sg_window_holds(uint64_t addr, uint64_t len)
{
    return addr >= EDU_WINDOW && addr <= EDU_WINDOW + EDU_WINDOW_SIZE &&
           len <= EDU_WINDOW + EDU_WINDOW_SIZE - addr;
}

static void edu_sg_edu_move(EduSgState *s)
{
    bool from_device = s->dma_command & EDU_DMA_FROM_DEVICE;
    uint64_t window = from_device ? s->dma_source : s->dma_destination;
    uint64_t guest = from_device ? s->dma_destination : s->dma_source;
    uint64_t left = s->dma_count;
    EduSgView view = { .is_write = from_device };
    uint8_t *memory;

    if (!edu_sg_window_holds(window, left)) {
        edu_sg_log("DMA of 0x%" PRIx64 " bytes at 0x%" PRIx64
                   " is outside on-board memory", left, window);
        return;
    }
    if (left && !edu_sg_reaches(s, guest, left)) {
        edu_sg_log("DMA of 0x%" PRIx64 " bytes at 0x%" PRIx64
                   " is beyond %u address bits", left, guest, s->dma_bits);
        return;
    }

    memory = s->memory_ptr + (window - EDU_WINDOW);
    RCU_READ_LOCK_GUARD();
    while (left) {
        hwaddr n = left;
        uint8_t *ram = edu_sg_ram(s, &view, guest, &n);

        if (!ram) {
            break;
        }
        if (from_device) {
            memcpy(ram, memory, n);
            edu_sg_written(s, &view, ram, n);
        } else {
            memcpy(memory, ram, n);
            edu_sg_memory_written(s, memory - s->memory_ptr, n);
        }
        memory += n;
        guest += n;
        left -= n;
    }
    edu_sg_close_view(&view);
}

static void edu_sg_dma_timer(void *opaque)
{
    EduSgState *s = opaque;
    bool engaged = s->engaged;

    if (s->resting) {
        timer_mod(&s->dma_timer,
                  qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + EDU_DMA_MS);
        return;
    }
    s->engaged = true;
    edu_sg_edu_move(s);
    s->engaged = engaged;
    s->dma_command &= ~EDU_DMA_RUN;
    if (s->dma_command & EDU_DMA_IRQ) {
        edu_sg_raise(s, EDU_IRQ_DMA);
    }
}

/* 34! and whatever is above has 32 factors of two: 0 modulo 2^32. */
static uint32_t edu_sg_compute_factorial(uint32_t n)
{
    uint32_t result = 1;

    if (n >= 34) {
        return 0;
    }
    while (n > 1) {
        result *= n--;
    }
    return result;
}

static void edu_sg_start_factorial(EduSgState *s, uint32_t n)
{
    if (s->status & EDU_STATUS_COMPUTING) {
        return;
    }
    s->factorial = n;
    s->status |= EDU_STATUS_COMPUTING;
    timer_mod(&s->factorial_timer,
              qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + EDU_FACTORIAL_NS);
}

static void edu_sg_factorial_timer(void *opaque)
{
    EduSgState *s = opaque;

    s->factorial = edu_sg_compute_factorial(s->factorial);
    s->status &= ~EDU_STATUS_COMPUTING;
    if (s->status & EDU_STATUS_IRQ) {
        edu_sg_raise(s, EDU_IRQ_FACTORIAL);
    }
}

static void edu_sg_edu_dma_write(EduSgState *s, hwaddr addr, uint64_t val)
{
    if (s->dma_command & EDU_DMA_RUN) {
        return;
    }
    switch (addr) {
    case EDU_DMA_SOURCE:
        s->dma_source = val;
        break;
    case EDU_DMA_DESTINATION:
        s->dma_destination = val;
        break;
    case EDU_DMA_COUNT:
        s->dma_count = val;
        break;
    case EDU_DMA_COMMAND:
        if (val & EDU_DMA_RUN) {
            s->dma_command = val;
            timer_mod(&s->dma_timer,
                      qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + EDU_DMA_MS);
        }
        break;
    }
}

/*
 * The whole function
 */

/* All that the RESET register does */
static void edu_sg_reset_function(EduSgState *s)
{
    uint32_t i;

    for (i = 0; i < s->nr_channels; i++) {
        edu_sg_reset_channel(&s->channels[i]);
    }
    timer_del(&s->factorial_timer);
    timer_del(&s->dma_timer);
    s->liveness = 0;
    s->factorial = 0;
    s->status = 0;
    s->irq_status = 0;
    s->dma_source = 0;
    s->dma_destination = 0;
    s->dma_count = 0;
    s->dma_command = 0;
    s->channel_irq = 0;
    edu_sg_update_line(s);
    memset(s->memory_ptr, 0, s->mem_size);
    edu_sg_memory_written(s, 0, s->mem_size);
}

static void edu_sg_reset(DeviceState *dev)
{
    PCIDevice *pdev = PCI_DEVICE(dev);
    EduSgState *s = EDU_SG(dev);

    edu_sg_reset_function(s);
    pci_set_word(pdev->config + EDU_SG_PM_OFFSET + PCI_PM_CTRL,
                 PCI_PM_CTRL_NO_SOFT_RESET);
    edu_sg_set_resting(s, EDU_SG_ASLEEP, false);
    if (pdev->exp.exp_cap) {
        pcie_cap_deverr_reset(pdev);
    }
}

static bool edu_sg_is_asleep(PCIDevice *pdev)
{
    const uint8_t *ctrl = pdev->config + EDU_SG_PM_OFFSET + PCI_PM_CTRL;

    return (pci_get_word(ctrl) & PCI_PM_CTRL_STATE_MASK) == 3;
}

static bool edu_sg_is_master(PCIDevice *pdev)
{
    return pci_get_word(pdev->config + PCI_COMMAND) & PCI_COMMAND_MASTER;
}

static void edu_sg_write_config(PCIDevice *pdev, uint32_t addr, uint32_t val,
                                int len)
{
    EduSgState *s = EDU_SG(pdev);
    bool was_master = edu_sg_is_master(pdev);

    if (s->engaged) {
        edu_sg_log("the device does not configure itself");
        return;
    }
    pci_default_write_config(pdev, addr, val, len);
    if (pdev->exp.exp_cap) {
        pcie_cap_flr_write_config(pdev, addr, val, len);
        pcie_aer_write_config(pdev, addr, val, len);
    }
    if (was_master && !edu_sg_is_master(pdev)) {
        /* Whoever is copying may still see memory as it was. */
        edu_sg_hold_all(s);
        edu_sg_release_all(s);
    }
    edu_sg_set_resting(s, EDU_SG_ASLEEP, edu_sg_is_asleep(pdev));
}

/*
 * Registers
 */

/* A 64-bit register as an access of 4 or 8 bytes sees it */
static uint64_t edu_sg_get_part(uint64_t val, hwaddr addr, unsigned size)
{
    return size == 8 ? val : extract64(val, (addr & 4) * 8, 32);
}

static void edu_sg_set_part(uint64_t *reg, hwaddr addr, uint64_t val,
                            unsigned size)
{
    *reg = size == 8 ? val : deposit64(*reg, (addr & 4) * 8, 32, val);
}

/* 8 bytes go to 64-bit registers only. */
static bool edu_sg_access_is_good(hwaddr addr, unsigned size)
{
    hwaddr reg;

    if (addr % size || (size != 4 && size != 8)) {
        return false;
    }
    if (size == 4) {
        return true;
    }
    if (addr < EDU_SG_CHANNELS) {
        return (addr >= EDU_DMA_SOURCE && addr <= EDU_DMA_COMMAND) ||
               addr == EDU_SG_CAP_MEMORY || addr == EDU_SG_CAP_LENGTH ||
               addr == EDU_SG_CAP_LATENCY || addr == EDU_SG_CAP_BANDWIDTH;
    }
    reg = addr % EDU_SG_CHANNEL_SIZE;
    return reg == EDU_SG_REQUESTS || reg == EDU_SG_COMPLETIONS;
}

static EduSgChannel *edu_sg_channel_at(EduSgState *s, hwaddr addr)
{
    uint64_t number = (addr - EDU_SG_CHANNELS) / EDU_SG_CHANNEL_SIZE;

    return addr >= EDU_SG_CHANNELS && number < s->nr_channels
           ? &s->channels[number] : NULL;
}

static bool edu_sg_read_channel(EduSgChannel *ch, hwaddr addr, unsigned size,
                                uint64_t *val)
{
    bool known = true;

    qemu_mutex_lock(&ch->lock);
    switch (addr % EDU_SG_CHANNEL_SIZE) {
    case EDU_SG_STATE:
        *val = ch->state;
        break;
    case EDU_SG_ERROR:
        *val = ch->error;
        break;
    case EDU_SG_REQUESTS:
    case EDU_SG_REQUESTS + 4:
        *val = edu_sg_get_part(ch->requests, addr, size);
        break;
    case EDU_SG_COMPLETIONS:
    case EDU_SG_COMPLETIONS + 4:
        *val = edu_sg_get_part(ch->completions, addr, size);
        break;
    case EDU_SG_SIZE:
        *val = ch->size;
        break;
    case EDU_SG_VECTOR:
        *val = ch->vector;
        break;
    case EDU_SG_COUNT:
        *val = ch->count;
        break;
    case EDU_SG_TIME:
        *val = ch->time;
        break;
    case EDU_SG_HEAD:
        *val = ch->head;
        break;
    case EDU_SG_TAIL:
        *val = ch->tail;
        break;
    default:
        known = false;
    }
    qemu_mutex_unlock(&ch->lock);
    return known;
}

static bool edu_sg_read_register(EduSgState *s, hwaddr addr, unsigned size,
                                 uint64_t *val)
{
    switch (addr) {
    case EDU_ID:
        *val = EDU_SG_ID;
        break;
    case EDU_LIVENESS:
        *val = s->liveness;
        break;
    case EDU_FACTORIAL:
        *val = s->factorial;
        break;
    case EDU_STATUS:
        *val = s->status;
        break;
    case EDU_IRQ_STATUS:
        *val = s->irq_status;
        break;
    case EDU_DMA_SOURCE:
        *val = s->dma_source;
        break;
    case EDU_DMA_DESTINATION:
        *val = s->dma_destination;
        break;
    case EDU_DMA_COUNT:
        *val = s->dma_count;
        break;
    case EDU_DMA_COMMAND:
        *val = s->dma_command;
        break;
    case EDU_SG_CAP_VERSION:
        *val = EDU_SG_VERSION;
        break;
    case EDU_SG_CAP_CHANNELS:
        *val = s->nr_channels;
        break;
    case EDU_SG_CAP_MEMORY:
    case EDU_SG_CAP_MEMORY + 4:
        *val = edu_sg_get_part(s->mem_size, addr, size);
        break;
    case EDU_SG_CAP_DMA_BITS:
        *val = s->dma_bits;
        break;
    case EDU_SG_CAP_RING:
        *val = EDU_SG_MAX_RING;
        break;
    case EDU_SG_CAP_SEGMENTS:
        *val = EDU_SG_MAX_SEGMENTS;
        break;
    case EDU_SG_CAP_VECTORS:
        *val = s->nr_vectors;
        break;
    case EDU_SG_CAP_LENGTH:
    case EDU_SG_CAP_LENGTH + 4:
        *val = edu_sg_get_part(EDU_SG_MAX_LENGTH, addr, size);
        break;
    case EDU_SG_CAP_TIMING:
        *val = s->model;
        break;
    case EDU_SG_CAP_LATENCY:
    case EDU_SG_CAP_LATENCY + 4:
        *val = edu_sg_get_part(s->model ? s->latency_ns : 0, addr, size);
        break;
    case EDU_SG_CAP_BANDWIDTH:
    case EDU_SG_CAP_BANDWIDTH + 4:
        *val = edu_sg_get_part(s->model ? s->bandwidth : 0, addr, size);
        break;
    case EDU_SG_CHANNEL_IRQ:
        *val = s->channel_irq;
        break;
    default:
        return false;
    }
    return true;
}

static uint64_t edu_sg_mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    EduSgState *s = opaque;
    EduSgChannel *ch = edu_sg_channel_at(s, addr);
    uint64_t val;

    if (edu_sg_access_is_good(addr, size) &&
        (ch ? edu_sg_read_channel(ch, addr, size, &val)
            : edu_sg_read_register(s, addr, size, &val))) {
        return val;
    }
    edu_sg_log("no register to read, %u bytes at 0x%" HWADDR_PRIx, size, addr);
    return UINT64_MAX;
}

/* Registers that must stay as they are while the channel is not disabled */
static bool edu_sg_configure(EduSgChannel *ch, hwaddr addr, uint64_t val,
                             unsigned size)
{
    if (ch->state != EDU_SG_DISABLED) {
        return false;
    }
    switch (addr % EDU_SG_CHANNEL_SIZE) {
    case EDU_SG_REQUESTS:
    case EDU_SG_REQUESTS + 4:
        edu_sg_set_part(&ch->requests, addr, val, size);
        break;
    case EDU_SG_COMPLETIONS:
    case EDU_SG_COMPLETIONS + 4:
        edu_sg_set_part(&ch->completions, addr, val, size);
        break;
    case EDU_SG_SIZE:
        ch->size = val;
        break;
    case EDU_SG_VECTOR:
        if (val >= ch->s->nr_vectors) {
            return false;
        }
        ch->vector = val;
        break;
    default:
        return false;
    }
    return true;
}

static bool edu_sg_command(EduSgChannel *ch, uint64_t val)
{
    switch (val) {
    case EDU_SG_COMMAND_ENABLE:
        edu_sg_enable(ch);
        return true;
    case EDU_SG_COMMAND_RESET:
        edu_sg_reset_channel(ch);
        return true;
    default:
        return false;
    }
}

static bool edu_sg_write_channel(EduSgChannel *ch, hwaddr addr, uint64_t val,
                                 unsigned size)
{
    switch (addr % EDU_SG_CHANNEL_SIZE) {
    case EDU_SG_TAIL:
        edu_sg_doorbell(ch, val);
        return true;
    case EDU_SG_COMMAND:
        return edu_sg_command(ch, val);
    case EDU_SG_ABORT:
        edu_sg_abort(ch, val);
        return true;
    case EDU_SG_COUNT:
        edu_sg_set_moderation(ch, val, ch->time);
        return true;
    case EDU_SG_TIME:
        edu_sg_set_moderation(ch, ch->count, val);
        return true;
    default:
        return edu_sg_configure(ch, addr, val, size);
    }
}

static bool edu_sg_write_register(EduSgState *s, hwaddr addr, uint64_t val)
{
    switch (addr) {
    case EDU_LIVENESS:
        s->liveness = ~val;
        break;
    case EDU_FACTORIAL:
        edu_sg_start_factorial(s, val);
        break;
    case EDU_STATUS:
        s->status = (s->status & ~EDU_STATUS_IRQ) | (val & EDU_STATUS_IRQ);
        break;
    case EDU_IRQ_RAISE:
        edu_sg_raise(s, val);
        break;
    case EDU_IRQ_ACK:
        s->irq_status &= ~val;
        edu_sg_update_line(s);
        break;
    case EDU_DMA_SOURCE:
    case EDU_DMA_DESTINATION:
    case EDU_DMA_COUNT:
    case EDU_DMA_COMMAND:
        edu_sg_edu_dma_write(s, addr, val);
        break;
    case EDU_SG_RESET:
        if (val != 1) {
            return false;
        }
        edu_sg_reset_function(s);
        break;
    case EDU_SG_CHANNEL_IRQ:
        s->channel_irq &= ~val;
        edu_sg_update_line(s);
        break;
    default:
        return false;
    }
    return true;
}

static void edu_sg_mmio_write(void *opaque, hwaddr addr, uint64_t val,
                              unsigned size)
{
    EduSgState *s = opaque;
    EduSgChannel *ch = edu_sg_channel_at(s, addr);

    if (!s->engaged && edu_sg_access_is_good(addr, size) &&
        (ch ? edu_sg_write_channel(ch, addr, val, size)
            : edu_sg_write_register(s, addr, val))) {
        return;
    }
    edu_sg_log("write of 0x%" PRIx64 ", %u bytes, to 0x%" HWADDR_PRIx
               " is refused", val, size, addr);
}

/* Every access comes here, so that every bad one is answered as specified. */
static const MemoryRegionOps edu_sg_mmio_ops = {
    .read = edu_sg_mmio_read,
    .write = edu_sg_mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 1,
        .max_access_size = 8,
        .unaligned = true,
    },
    .impl = {
        .min_access_size = 1,
        .max_access_size = 8,
        .unaligned = true,
    },
};

/*
 * Migration: the VM is stopped, so nobody is active.
 */

static int edu_sg_post_load(void *opaque, int version_id)
{
    EduSgState *s = opaque;
    uint32_t i;

    for (i = 0; i < s->nr_channels; i++) {
        EduSgChannel *ch = &s->channels[i];

        if (ch->state > EDU_SG_HALTED || ch->vector >= MAX(s->nr_vectors, 1)) {
            return -EINVAL;
        }
        if (ch->state == EDU_SG_RUNNING &&
            (!edu_sg_config_is_good(ch) || ch->tail - ch->head > ch->size)) {
            return -EINVAL;
        }
        ch->in_main_loop = edu_sg_is_behind_iommu(s);
    }
    edu_sg_set_resting(s, EDU_SG_ASLEEP, edu_sg_is_asleep(PCI_DEVICE(s)));
    return 0;
}

static const VMStateDescription vmstate_edu_sg_request = {
    .name = "edu-sg-request",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(opcode, struct edu_sg_request),
        VMSTATE_UINT8(flags, struct edu_sg_request),
        VMSTATE_UINT16(reserved2, struct edu_sg_request),
        VMSTATE_UINT32(reserved4, struct edu_sg_request),
        VMSTATE_UINT64(id, struct edu_sg_request),
        VMSTATE_UINT64(length, struct edu_sg_request),
        VMSTATE_UINT64(device_offset, struct edu_sg_request),
        VMSTATE_UINT64(source, struct edu_sg_request),
        VMSTATE_UINT64(destination, struct edu_sg_request),
        VMSTATE_UINT32(source_count, struct edu_sg_request),
        VMSTATE_UINT32(destination_count, struct edu_sg_request),
        VMSTATE_UINT32(source_skip, struct edu_sg_request),
        VMSTATE_UINT32(destination_skip, struct edu_sg_request),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_edu_sg_channel = {
    .name = "edu-sg-channel",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(state, EduSgChannel),
        VMSTATE_UINT32(error, EduSgChannel),
        VMSTATE_UINT64(requests, EduSgChannel),
        VMSTATE_UINT64(completions, EduSgChannel),
        VMSTATE_UINT32(size, EduSgChannel),
        VMSTATE_UINT32(vector, EduSgChannel),
        VMSTATE_UINT32(count, EduSgChannel),
        VMSTATE_UINT32(time, EduSgChannel),
        VMSTATE_UINT32(head, EduSgChannel),
        VMSTATE_UINT32(tail, EduSgChannel),
        VMSTATE_STRUCT(request, EduSgChannel, 1, vmstate_edu_sg_request,
                       struct edu_sg_request),
        VMSTATE_BOOL(fetched, EduSgChannel),
        VMSTATE_BOOL(stalled, EduSgChannel),
        VMSTATE_BOOL(failed, EduSgChannel),
        VMSTATE_UINT64_ARRAY(aborted, EduSgChannel, EDU_SG_MAX_RING / 64),
        VMSTATE_UINT32(counted, EduSgChannel),
        VMSTATE_BOOL(signal, EduSgChannel),
        VMSTATE_TIMER(moderation, EduSgChannel),
        VMSTATE_TIMER(model, EduSgChannel),
        VMSTATE_INT64(ends, EduSgChannel),
        VMSTATE_UINT64(duration, EduSgChannel),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_edu_sg = {
    .name = TYPE_EDU_SG,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = edu_sg_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, EduSgState),
        VMSTATE_MSIX(parent_obj, EduSgState),
        VMSTATE_STRUCT(parent_obj.exp.aer_log, EduSgState, 0,
                       vmstate_pcie_aer_log, PCIEAERLog),
        VMSTATE_STRUCT_VARRAY_POINTER_UINT32(channels, EduSgState, nr_channels,
                                             vmstate_edu_sg_channel,
                                             EduSgChannel),
        VMSTATE_UINT32(channel_irq, EduSgState),
        VMSTATE_UINT32(fault_fail, EduSgState),
        VMSTATE_UINT32(fault_stall, EduSgState),
        VMSTATE_UINT32(fault_phase, EduSgState),
        VMSTATE_UINT32(fault_irq, EduSgState),
        VMSTATE_UINT32(liveness, EduSgState),
        VMSTATE_UINT32(factorial, EduSgState),
        VMSTATE_UINT32(status, EduSgState),
        VMSTATE_UINT32(irq_status, EduSgState),
        VMSTATE_UINT64(dma_source, EduSgState),
        VMSTATE_UINT64(dma_destination, EduSgState),
        VMSTATE_UINT64(dma_count, EduSgState),
        VMSTATE_UINT64(dma_command, EduSgState),
        VMSTATE_TIMER(factorial_timer, EduSgState),
        VMSTATE_TIMER(dma_timer, EduSgState),
        VMSTATE_END_OF_LIST()
    }
};

/*
 * The device's life
 */

static bool edu_sg_check_properties(EduSgState *s, Error **errp)
{
    if (s->nr_channels < 1 || s->nr_channels > EDU_SG_MAX_CHANNELS) {
        error_setg(errp, "channels must be 1 to %d", EDU_SG_MAX_CHANNELS);
        return false;
    }
    if (!s->mem_size || s->mem_size % EDU_WINDOW_SIZE ||
        s->mem_size > 4 * GiB) {
        error_setg(errp, "mem-size must be a multiple of 4 KiB, "
                   "4 KiB to 4 GiB");
        return false;
    }
    if (s->dma_bits < 28 || s->dma_bits > 64) {
        error_setg(errp, "dma-bits must be 28 to 64");
        return false;
    }
    if (s->nr_vectors == EDU_SG_AUTO_VECTORS) {
        s->nr_vectors = s->nr_channels + 1;
    }
    if (s->nr_vectors < 0 || s->nr_vectors > EDU_SG_MAX_VECTORS) {
        error_setg(errp, "vectors must be 0 to %d", EDU_SG_MAX_VECTORS);
        return false;
    }
    if (s->timing && strcmp(s->timing, "host") && strcmp(s->timing, "model")) {
        error_setg(errp, "timing must be host or model");
        return false;
    }
    if (!s->bandwidth || s->latency_ns > EDU_SG_MAX_LATENCY) {
        error_setg(errp, "bandwidth must not be 0, and latency-ns not exceed "
                   "%llu", EDU_SG_MAX_LATENCY);
        return false;
    }
    s->model = s->timing && !strcmp(s->timing, "model");
    s->max_address = MAKE_64BIT_MASK(0, s->dma_bits);
    return true;
}

static bool edu_sg_add_pm(PCIDevice *pdev, Error **errp)
{
    int pos = pci_add_capability(pdev, PCI_CAP_ID_PM, EDU_SG_PM_OFFSET,
                                 PCI_PM_SIZEOF, errp);

    if (pos < 0) {
        return false;
    }
    pci_set_word(pdev->config + pos + PCI_PM_PMC, 3);
    pci_set_word(pdev->config + pos + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
    pci_set_word(pdev->wmask + pos + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    return true;
}

/* The capabilities that only a PCI Express bus can show */
static bool edu_sg_add_express(PCIDevice *pdev, Error **errp)
{
    if (!pci_bus_is_express(pci_get_bus(pdev))) {
        return true;
    }
    if (pcie_endpoint_cap_init(pdev, 0) < 0) {
        error_setg(errp, "no room for the PCI Express capability");
        return false;
    }
    pcie_cap_deverr_init(pdev);
    pcie_cap_flr_init(pdev);
    return pcie_aer_init(pdev, PCI_ERR_VER, EDU_SG_AER_OFFSET, PCI_ERR_SIZEOF,
                         errp) >= 0;
}

static bool edu_sg_add_msix(EduSgState *s, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(s);
    int i;

    if (!s->nr_vectors) {
        return true;
    }
    if (msix_init_exclusive_bar(pdev, s->nr_vectors, EDU_SG_MSIX_BAR,
                                errp) < 0) {
        return false;
    }
    for (i = 0; i < s->nr_vectors; i++) {
        msix_vector_use(pdev, i);
    }
    return true;
}

static void edu_sg_remove_capabilities(PCIDevice *pdev)
{
    if (pdev->exp.aer_cap) {
        pcie_aer_exit(pdev);
    }
    if (pdev->exp.exp_cap) {
        pcie_cap_exit(pdev);
    }
    if (msix_present(pdev)) {
        msix_uninit_exclusive_bar(pdev);
    }
    msi_uninit(pdev);
}

static void edu_sg_init_channel(EduSgState *s, uint32_t number)
{
    EduSgChannel *ch = &s->channels[number];
    QemuThread thread;

    ch->s = s;
    ch->number = number;
    ch->count = 1;
    ch->views[EDU_SG_USE_DESTINATION].is_write = true;
    ch->views[EDU_SG_USE_COMPLETIONS].is_write = true;
    qemu_mutex_init(&ch->lock);
    qemu_cond_init(&ch->work);
    qemu_cond_init(&ch->idle);
    timer_init_ns(&ch->moderation, QEMU_CLOCK_VIRTUAL, edu_sg_moderation_timer,
                  ch);
    timer_init_ns(&ch->model, QEMU_CLOCK_VIRTUAL, edu_sg_model_timer, ch);
    if (!s->model) {
        ch->bh = qemu_bh_new(edu_sg_bh, ch);
        object_ref(OBJECT(s));
        qemu_thread_create(&thread, "edu-sg", edu_sg_thread, ch,
                           QEMU_THREAD_DETACHED);
    }
}

static void edu_sg_realize(PCIDevice *pdev, Error **errp)
{
    EduSgState *s = EDU_SG(pdev);
    Error *err = NULL;
    uint32_t i;

    if (!edu_sg_check_properties(s, errp)) {
        return;
    }
    memory_region_init_ram_nomigrate(&s->memory, OBJECT(s), "edu-sg.memory",
                                     s->mem_size, &err);
    if (err) {
        error_propagate(errp, err);
        return;
    }
    s->memory_ptr = memory_region_get_ram_ptr(&s->memory);
    s->guest = pci_get_address_space(pdev);

    pci_config_set_interrupt_pin(pdev->config, 1);
    memory_region_init_io(&s->registers, OBJECT(s), &edu_sg_mmio_ops, s,
                          "edu-sg.registers", EDU_SG_BAR_SIZE);
    pci_register_bar(pdev, EDU_SG_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &s->registers);
    if (!edu_sg_add_pm(pdev, errp) || !edu_sg_add_express(pdev, errp) ||
        (s->has_msi && msi_init(pdev, 0, 1, true, false, errp) < 0) ||
        !edu_sg_add_msix(s, errp)) {
        edu_sg_remove_capabilities(pdev);
        return;
    }

    /* From here on nothing fails. */
    vmstate_register_ram(&s->memory, DEVICE(s));
    timer_init_ns(&s->factorial_timer, QEMU_CLOCK_VIRTUAL,
                  edu_sg_factorial_timer, s);
    timer_init_ms(&s->dma_timer, QEMU_CLOCK_VIRTUAL, edu_sg_dma_timer, s);
    s->channels = g_new0(EduSgChannel, s->nr_channels);
    for (i = 0; i < s->nr_channels; i++) {
        edu_sg_init_channel(s, i);
    }
    s->listener.name = "edu-sg";
    s->listener.commit = edu_sg_map_changed;
    memory_listener_register(&s->listener, s->guest);
    edu_sg_set_resting(s, EDU_SG_STOPPED, !runstate_is_running());
    s->vm_state = qemu_add_vm_change_state_handler(edu_sg_vm_state, s);
}

static void edu_sg_exit(PCIDevice *pdev)
{
    EduSgState *s = EDU_SG(pdev);
    uint32_t i;

    s->gone = true;
    memory_listener_unregister(&s->listener);
    qemu_del_vm_change_state_handler(s->vm_state);
    for (i = 0; i < s->nr_channels; i++) {
        EduSgChannel *ch = &s->channels[i];

        edu_sg_hold(ch);
        edu_sg_close_views(ch);
        qemu_mutex_lock(&ch->lock);
        ch->quit = true;
        qemu_cond_signal(&ch->work);
        qemu_mutex_unlock(&ch->lock);
        timer_del(&ch->moderation);
        timer_del(&ch->model);
        if (ch->bh) {
            qemu_bh_delete(ch->bh);
            ch->bh = NULL;
        }
    }
    timer_del(&s->factorial_timer);
    timer_del(&s->dma_timer);
    vmstate_unregister_ram(&s->memory, DEVICE(s));
    edu_sg_remove_capabilities(pdev);
}

/* Runs when the last thread has ended. */
static void edu_sg_finalize(Object *obj)
{
    EduSgState *s = EDU_SG(obj);
    uint32_t i;

    if (!s->channels) {
        return;
    }
    for (i = 0; i < s->nr_channels; i++) {
        qemu_cond_destroy(&s->channels[i].idle);
        qemu_cond_destroy(&s->channels[i].work);
        qemu_mutex_destroy(&s->channels[i].lock);
    }
    g_free(s->channels);
}

/* Faults are set while the VM runs, so they are no device properties. */
static void edu_sg_instance_init(Object *obj)
{
    EduSgState *s = EDU_SG(obj);

    object_property_add_uint32_ptr(obj, "fault-fail", &s->fault_fail,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(obj, "fault-stall", &s->fault_stall,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(obj, "fault-phase", &s->fault_phase,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint32_ptr(obj, "fault-irq", &s->fault_irq,
                                   OBJ_PROP_FLAG_READWRITE);
    /* Says how large configuration space is; the bus may hide most of it. */
    PCI_DEVICE(obj)->cap_present |= QEMU_PCI_CAP_EXPRESS;
}

static EduSgProperty edu_sg_properties[] = {
    DEFINE_PROP_UINT32("channels", EduSgState, nr_channels, 4),
    DEFINE_PROP_SIZE("mem-size", EduSgState, mem_size, 16 * MiB),
    DEFINE_PROP_UINT8("dma-bits", EduSgState, dma_bits, 64),
    DEFINE_PROP_INT32("vectors", EduSgState, nr_vectors, EDU_SG_AUTO_VECTORS),
    DEFINE_PROP_BOOL("msi", EduSgState, has_msi, true),
    DEFINE_PROP_STRING("timing", EduSgState, timing),
    DEFINE_PROP_UINT64("latency-ns", EduSgState, latency_ns, 1000),
    DEFINE_PROP_UINT64("bandwidth", EduSgState, bandwidth, 10000000000ULL),
    DEFINE_PROP_SIZE("inline-bytes", EduSgState, inline_bytes, 1 * MiB),
    DEFINE_PROP_UINT32("spin-ns", EduSgState, spin_ns, 50000),
    EDU_SG_PROPERTY_END
};

static void edu_sg_class_init(ObjectClass *class, EduSgClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(class);

    k->realize = edu_sg_realize;
    k->exit = edu_sg_exit;
    k->config_write = edu_sg_write_config;
    k->vendor_id = PCI_VENDOR_ID_QEMU;
    k->device_id = EDU_SG_DEVICE_ID;
    k->revision = 0x10;
    k->class_id = PCI_CLASS_OTHERS;
    dc->desc = "Educational scatter-gather DMA device";
    dc->vmsd = &vmstate_edu_sg;
    device_class_set_legacy_reset(dc, edu_sg_reset);
    device_class_set_props(dc, edu_sg_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo edu_sg_info = {
    .name = TYPE_EDU_SG,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(EduSgState),
    .instance_init = edu_sg_instance_init,
    .instance_finalize = edu_sg_finalize,
    .class_init = edu_sg_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { }
    },
};

static void edu_sg_register_types(void)
{
    type_register_static(&edu_sg_info);
}

type_init(edu_sg_register_types)
