/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * edu-sg: registers and structures in guest memory, as docs/edu-sg.md has them
 *
 * Plain C99, for the device and for the programs that test it.
 */
#ifndef EDU_SG_REGS_H
#define EDU_SG_REGS_H

#include <stdint.h>

#define EDU_SG_DEVICE_ID            0x11e9

/* edu's registers */
#define EDU_ID                      0x00
#define   EDU_SG_ID                 0x020000ed
#define EDU_LIVENESS                0x04
#define EDU_FACTORIAL               0x08
#define EDU_STATUS                  0x20
#define   EDU_STATUS_COMPUTING      0x01
#define   EDU_STATUS_IRQ            0x80
#define EDU_IRQ_STATUS              0x24
#define   EDU_IRQ_FACTORIAL         0x001
#define   EDU_IRQ_DMA               0x100
#define EDU_IRQ_RAISE               0x60
#define EDU_IRQ_ACK                 0x64
#define EDU_DMA_SOURCE              0x80
#define EDU_DMA_DESTINATION         0x88
#define EDU_DMA_COUNT               0x90
#define EDU_DMA_COMMAND             0x98
#define   EDU_DMA_RUN               0x1
#define   EDU_DMA_FROM_DEVICE       0x2
#define   EDU_DMA_IRQ               0x4
#define EDU_WINDOW                  0x40000
#define EDU_WINDOW_SIZE             4096

/* Capability block */
#define EDU_SG_CAP_VERSION          0x100
#define   EDU_SG_VERSION            1
#define EDU_SG_CAP_CHANNELS         0x104
#define EDU_SG_CAP_MEMORY           0x108
#define EDU_SG_CAP_DMA_BITS         0x110
#define EDU_SG_CAP_RING             0x114
#define   EDU_SG_MAX_RING           4096
#define EDU_SG_CAP_SEGMENTS         0x118
#define   EDU_SG_MAX_SEGMENTS       65536
#define EDU_SG_CAP_VECTORS          0x11c
#define EDU_SG_CAP_LENGTH           0x120
#define   EDU_SG_MAX_LENGTH         (1U << 30)
#define EDU_SG_CAP_TIMING           0x128
#define EDU_SG_CAP_LATENCY          0x130
#define EDU_SG_CAP_BANDWIDTH        0x138

/* Control of the whole function */
#define EDU_SG_RESET                0x200
#define EDU_SG_CHANNEL_IRQ          0x204

/* A channel's registers, from EDU_SG_CHANNEL(n) on */
#define EDU_SG_CHANNELS             0x80000
#define EDU_SG_CHANNEL_SIZE         0x1000
#define EDU_SG_CHANNEL(n) \
    (EDU_SG_CHANNELS + EDU_SG_CHANNEL_SIZE * (n))
#define EDU_SG_MAX_CHANNELS         32
#define EDU_SG_COMMAND              0x00
#define   EDU_SG_COMMAND_ENABLE     1
#define   EDU_SG_COMMAND_RESET      2
#define EDU_SG_STATE                0x04
#define EDU_SG_ERROR                0x08
#define EDU_SG_REQUESTS             0x10
#define EDU_SG_COMPLETIONS          0x18
#define EDU_SG_SIZE                 0x20
#define EDU_SG_VECTOR               0x24
#define EDU_SG_COUNT                0x28
#define EDU_SG_TIME                 0x2c
#define EDU_SG_HEAD                 0x30
#define EDU_SG_TAIL                 0x40
#define EDU_SG_ABORT                0x44

enum edu_sg_state {
    EDU_SG_DISABLED = 0,
    EDU_SG_RUNNING = 1,
    EDU_SG_HALTED = 2,
};

enum edu_sg_error {
    EDU_SG_ERROR_NONE = 0,
    EDU_SG_ERROR_CONFIG = 1,
    EDU_SG_ERROR_DOORBELL = 2,
    EDU_SG_ERROR_REQUEST_READ = 3,
    EDU_SG_ERROR_COMPLETION_WRITE = 4,
};

enum edu_sg_opcode {
    EDU_SG_TO_DEVICE = 1,
    EDU_SG_FROM_DEVICE = 2,
    EDU_SG_COPY = 3,
    EDU_SG_CLEAR = 4,
};

enum edu_sg_status {
    EDU_SG_OK = 0,
    EDU_SG_BAD_OPCODE = 1,
    EDU_SG_BAD_RESERVED = 2,
    EDU_SG_BAD_LENGTH = 3,
    EDU_SG_BAD_OFFSET = 4,
    EDU_SG_BAD_LIST = 5,
    EDU_SG_BAD_SEGMENTS = 6,
    EDU_SG_BAD_SHORT = 7,
    EDU_SG_BAD_SEGMENT = 8,
    EDU_SG_BAD_ADDRESS = 9,
    EDU_SG_LIST_READ = 10,
    EDU_SG_SOURCE_READ = 11,
    EDU_SG_DESTINATION_WRITE = 12,
    EDU_SG_ABORTED = 13,
    EDU_SG_DEVICE_FAILED = 14,
};

#define EDU_SG_FLAG_IRQ             0x1

/* An entry of the request ring; little-endian in guest memory */
struct edu_sg_request {
    uint8_t opcode;
    uint8_t flags;
    uint16_t reserved2;
    uint32_t reserved4;
    uint64_t id;
    uint64_t length;
    uint64_t device_offset;
    uint64_t source;
    uint64_t destination;
    uint32_t source_count;
    uint32_t destination_count;
    uint32_t source_skip;
    uint32_t destination_skip;
};

#define EDU_SG_SEGMENT_LINK         0x1

/* An entry of a segment list */
struct edu_sg_segment {
    uint64_t address;
    uint32_t length;
    uint32_t flags;
};

#define EDU_SG_PHASE                0x1

/* An entry of the completion ring; number, status and phase are one store */
struct edu_sg_completion {
    uint64_t id;
    uint64_t bytes;
    uint64_t busy_ns;
    uint32_t number;
    uint16_t status;
    uint16_t phase;
};

#endif /* EDU_SG_REGS_H */
