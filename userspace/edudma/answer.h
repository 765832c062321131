/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `edudma answer`: kmalloc or vmalloc?
 *
 * Experiments measure figures, and a figure is a number with a name. Claims judge
 * figures, by name: which experiment has measured them, in which guest, is all the
 * same to them.
 */
#ifndef EDUDMA_ANSWER_H
#define EDUDMA_ANSWER_H

#include "device.h"
#include "environment.h"
#include "json.h"
#include "paragraph.h"

/**
 * struct figures - what was measured
 * @object: a number for each name, or null for what could not be had
 */
struct figures {
	struct json_object *object;
};

void figures_set(struct figures *figures, uint64_t value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void figures_set_none(struct figures *figures, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A name that ends like this depends on the machine, and on what else it does */
#define REAL_TIME "_realtime"

/* False if nobody measured it; none: zero, and *none is set. REAL_TIME is found without asking. */
bool figures_get(const struct figures *figures, const char *name, uint64_t *value, bool *none);

/* Copies all of them; under a real clock their names get REAL_TIME */
void figures_merge(struct figures *figures, struct json_object *from, bool real_time);

/**
 * struct machine - what experiments work with
 * @lab: open /dev/memlab, or -1
 * @device: an open device, or NULL
 * @environment: where this is
 * @figures: what was found out
 */
struct machine {
	int lab;
	struct device *device;
	struct environment environment;
	struct figures figures;
};

/* struct experiment.needs */
#define NEEDS_LAB	(1u << 0)	/* the module memlab */
#define NEEDS_DEVICE	(1u << 1)	/* the driver, and a device */
#define NEEDS_SLOW	(1u << 4)	/* ... edu, without an IOMMU */
#define NEEDS_IOMMU	(1u << 5)	/* ... edu, behind one */
#define NEEDS_FAST	(1u << 6)	/* ... edu-sg */
#define NEEDS_ROOT	(1u << 2)	/* files that only root may read */
#define NEEDS_THROWAWAY	(1u << 3)	/* a guest made for it: it warns, fragments memory, or kills */

/**
 * struct experiment - one of them
 * @name: its name
 * @needs: NEEDS_*
 * @run: measures; returns 0, or says what is wrong and returns EXIT_FAILURE
 */
struct experiment {
	const char *name;
	unsigned int needs;
	int (*run)(struct machine *machine);
};

/* answer_memory.c: of the kinds of memory */
extern const char *const kind_names[];
int measure_layout(struct machine *machine);
int measure_cost(struct machine *machine);
int measure_steps(struct machine *machine);
int measure_stride(struct machine *machine);

/* answer_limits.c: of how much there is */
int measure_kmalloc_limit(struct machine *machine);
int measure_limits(struct machine *machine);
int measure_fragments(struct machine *machine);
int measure_pressure(struct machine *machine);

/* answer_contexts.c: of who may ask for it, and of what is no DMA memory */
int measure_interrupt(struct machine *machine);
int measure_sleeping(struct machine *machine);
int measure_forbidden(struct machine *machine);
int measure_handover(struct machine *machine);
int autopsy_forbidden(struct figures *figures, const char *console);

/* answer_dma.c: of the device */
int measure_dma(struct machine *machine);
int measure_iommu(struct machine *machine);
int measure_fast(struct machine *machine);
int measure_cma(struct machine *machine);
int measure_reserved(struct machine *machine);

/* answer_usage.c: of what the kernel itself uses */
int measure_usage(struct machine *machine);
int measure_callers(struct machine *machine);

/* answer_failing.c: of failure */
int measure_failing(struct machine *machine);

/* The kernel log, from now on */
FILE *log_open(void);
/* The lines from there on, or of any file, that contain a text; closes it */
uint64_t log_count(FILE *log, const char *text);

/**
 * enum verdict - on a claim
 * @HOLDS: it is true here
 * @HELD_ONCE: it was true of older kernels
 * @DEPENDS: on something that @why names
 * @DOES_NOT_HOLD: it is not true here
 */
enum verdict { HOLDS, HELD_ONCE, DEPENDS, DOES_NOT_HOLD };

extern const char *const verdict_names[];

/**
 * struct judgement - a claim being judged
 * @figures: all that were measured
 * @used: those that were looked at, copied by figure()
 * @missing: the name of the first one that was not measured
 * @missing_cell: the same of those that only tables show
 * @verdict: the verdict
 * @why: a sentence or more, with the figures
 */
struct judgement {
	const struct figures *figures;
	struct figures used;
	char missing[96];
	char missing_cell[96];
	enum verdict verdict;
	struct paragraph why;
};

/* A figure that a judge looks at; zero if it could not be had, or is missing */
unsigned long long figure(struct judgement *judgement, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * enum cell - how a figure is shown
 */
enum cell { CELL_COUNT, CELL_TIME, CELL_SIZE, CELL_RATE, CELL_PERCENT, CELL_YES };

/**
 * struct table_column - a column of figures
 * @title: at its head
 * @figure: names of figures; a * stands for the row's key
 * @cell: how they are shown
 */
struct table_column {
	const char *title;
	const char *figure;
	enum cell cell;
};

/**
 * struct table_row - a row of figures
 * @key: takes the place of the * in their names
 * @label: at its head; NULL: the key as a size
 */
struct table_row {
	const char *key;
	const char *label;
};

/**
 * struct table - figures as a reader sees them
 * @title: above it
 * @rows: ends with an empty one
 * @columns: ends with an empty one
 * @head: above the labels of rows
 * @plot: name of the plot and of the file with its data, or NULL
 * @caption: of the plot
 * @turned: rows are written as columns, which suits few rows with many figures
 */
struct table {
	const char *title;
	const char *head;
	const struct table_row *rows;
	const struct table_column *columns;
	const char *plot;
	const char *caption;
	bool turned;
};

/**
 * struct claim - a claim, and how it is judged
 * @id: its number
 * @claim: in one sentence
 * @experiment: what was done
 * @judge: gives the verdict
 * @tables: ends with a NULL
 * @sources: where the kernel says so; ends with a NULL
 */
struct claim {
	int id;
	const char *claim;
	const char *experiment;
	void (*judge)(struct judgement *judgement);
	const struct table *const *tables;
	const char *const *sources;
};

/* The caller puts @used */
struct judgement claim_judge(const struct claim *claim, const struct figures *figures);

#define NR_CLAIMS 10
extern const struct claim claims[NR_CLAIMS];

/* No claim, but the table that the question never got */
extern const struct claim guide;

/*
 * Writes what `edudma answer` found to standard output, as a page in markdown, and
 * the data of its plots into a directory unless that is NULL. Returns 0 or
 * EXIT_FAILURE.
 */
int answer_report(struct json_object *answer, const char *plots);

#endif /* EDUDMA_ANSWER_H */
