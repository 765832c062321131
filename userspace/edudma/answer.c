// SPDX-License-Identifier: GPL-2.0-only
/* edudma answer: kmalloc or vmalloc? */
#include "answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/memlab.h>

#include "commands.h"
#include "output.h"
#include "say.h"

#define SCHEMA 1

/* In this order, for a debug kernel checks locks only until its first report */
static const struct experiment experiments[] = {
	{ "layout", NEEDS_LAB, measure_layout },
	{ "cost", NEEDS_LAB, measure_cost },
	{ "steps", NEEDS_LAB, measure_steps },
	{ "stride", NEEDS_LAB, measure_stride },
	{ "kmalloc-limit", NEEDS_LAB, measure_kmalloc_limit },
	{ "interrupt", NEEDS_LAB, measure_interrupt },
	{ "dma", NEEDS_DEVICE | NEEDS_SLOW, measure_dma },
	{ "iommu", NEEDS_DEVICE | NEEDS_IOMMU, measure_iommu },
	{ "fast", NEEDS_DEVICE | NEEDS_FAST, measure_fast },
	{ "usage", NEEDS_ROOT, measure_usage },
	{ "callers", NEEDS_THROWAWAY, measure_callers },
	{ "limits", NEEDS_LAB | NEEDS_THROWAWAY, measure_limits },
	{ "fragments", NEEDS_LAB | NEEDS_THROWAWAY, measure_fragments },
	{ "pressure", NEEDS_LAB | NEEDS_THROWAWAY, measure_pressure },
	{ "handover", NEEDS_LAB | NEEDS_THROWAWAY, measure_handover },
	{ "failing", NEEDS_DEVICE | NEEDS_THROWAWAY, measure_failing },
	{ "cma", NEEDS_DEVICE | NEEDS_THROWAWAY, measure_cma },
	{ "reserved", NEEDS_DEVICE | NEEDS_THROWAWAY, measure_reserved },
	{ "sleeping", NEEDS_LAB | NEEDS_THROWAWAY, measure_sleeping },
	{ "forbidden", NEEDS_LAB | NEEDS_THROWAWAY, measure_forbidden },
};

#define NR_EXPERIMENTS (sizeof(experiments) / sizeof(experiments[0]))

static struct name_list chosen;
static struct name_list from;
static const char *json_path;
static const char *autopsy_path;

static const struct setting settings[] = {
	{ "experiments", 'e', "NAME,...", "only measure these, also what only a throw-away guest\n"
	  "                             can stand; judge nothing; --json writes the figures",
	  &type_names, &chosen },
	{ "from", 'f', "FILE,...", "measure nothing: judge the figures in these files",
	  &type_names, &from },
	{ "autopsy", 0, "FILE", "measure nothing: read the console of a guest that died of\n"
	  "                             the experiment `forbidden`", &type_text, &autopsy_path },
	{ "json", 0, "FILE", "write JSON, too; - for standard output, and nothing else",
	  &type_text, &json_path },
};

static const struct usage usage = {
	.subcommand = "answer",
	.arguments = "",
	.about = "kmalloc or vmalloc? Judge ten claims about them by what is measured on the\n"
		 "kernel that runs. Some experiments need the module memlab (experiments/). Those\n"
		 "that warn, fragment memory or kill are left out: they are for guests that are\n"
		 "thrown away, and `make answer` starts some.",
	.settings = settings,
	.nr_settings = sizeof(settings) / sizeof(settings[0]),
	.more = "Examples:\n"
		"  edudma answer                              what this machine can say\n"
		"  edudma answer -e layout,cost --json a.json only the figures\n"
		"  edudma answer --from a.json,b.json --json answer.json\n",
};

static bool is_experiment(const char *name)
{
	for (size_t i = 0; i < NR_EXPERIMENTS; i++)
		if (!strcmp(experiments[i].name, name))
			return true;
	return false;
}

static void check_names(void)
{
	struct paragraph known = { 0 };

	for (size_t i = 0; i < NR_EXPERIMENTS; i++)
		append(&known, "%s%s", i ? ", " : "", experiments[i].name);
	for (size_t i = 0; i < chosen.n; i++)
		if (!is_experiment(chosen.names[i]))
			bad_usage("answer", "no experiment is called '%s', but: %s",
				  chosen.names[i], known.text);
}

/* What would be measured or read for nothing */
static void check_choices(void)
{
	if (!!chosen.n + !!from.n + !!autopsy_path > 1)
		bad_usage("answer", "choose one of --experiments, --from and --autopsy");
	if ((chosen.n || autopsy_path) && !json_path)
		bad_usage("answer", "--%s only writes figures: add --json FILE",
			  chosen.n ? "experiments" : "autopsy");
	if ((from.n || autopsy_path) && option_device)
		bad_usage("answer", "--%s needs no device: leave --device away",
			  from.n ? "from" : "autopsy");
}

static struct json_object *json_begin(const struct environment *environment)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "schema", SCHEMA);
	json_add_environment(object, environment);
	return object;
}

static int write_part(const struct machine *machine)
{
	struct json_object *object = json_begin(&machine->environment);

	json_add(object, "figures", json_object_get(machine->figures.object));
	return json_write(json_path, object);
}

/* Each kind of device has its own experiment */
static unsigned int kind_of_device(const struct device *device)
{
	if (!device->info.command_ns)
		return NEEDS_FAST;
	return device->info.flags & EDUDMA_INFO_IOMMU ? NEEDS_IOMMU : NEEDS_SLOW;
}

/* Why there is no memlab, and no device */
static char no_lab[128], no_device[512];

static void open_lab(struct machine *machine)
{
	machine->lab = open(MEMLAB_DEVICE, O_RDWR | O_CLOEXEC);
	if (machine->lab < 0)
		snprintf(no_lab, sizeof(no_lab), errno == EACCES ? "%s is for root" :
			 "there is no %s: insmod memlab.ko, as root", MEMLAB_DEVICE);
}

/* What this machine has of all that experiments may need */
static unsigned int open_machine(struct machine *machine, struct device *device)
{
	unsigned int has = geteuid() ? 0 : NEEDS_ROOT;

	environment_read(&machine->environment);
	open_lab(machine);
	if (machine->lab >= 0)
		has |= NEEDS_LAB;
	if (!device_try(device, no_device, sizeof(no_device))) {
		machine->device = device;
		has |= NEEDS_DEVICE | kind_of_device(device);
	}
	if (chosen.n)
		has |= NEEDS_THROWAWAY;
	return has;
}

static void close_machine(struct machine *machine)
{
	if (machine->device)
		device_close(machine->device);
	machine->device = NULL;
	if (machine->lab >= 0)
		close(machine->lab);
}

static const struct {
	unsigned int lacks;
	const char *reason;
} reasons[] = {
	{ NEEDS_THROWAWAY, "it warns, fragments memory or worse, and is for a guest that is thrown "
			   "away (`make answer`)" },
	{ NEEDS_LAB, no_lab },
	{ NEEDS_DEVICE, no_device },
	{ NEEDS_SLOW, "the device is not edu, or is behind an IOMMU" },
	{ NEEDS_IOMMU, "the device is not edu, or is not behind an IOMMU" },
	{ NEEDS_FAST, "the device is not edu-sg" },
	{ NEEDS_ROOT, "run it as root" },
};

/* The first of them that this machine lacks, or NULL */
static const char *reason(const struct experiment *experiment, unsigned int has)
{
	unsigned int lacks = experiment->needs & ~has;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].lacks & lacks)
			return reasons[i].reason;
	return NULL;
}

/* One note for all experiments that lack the same */
static void note_left_out(unsigned int has)
{
	for (size_t r = 0; r < sizeof(reasons) / sizeof(reasons[0]); r++) {
		struct paragraph names = { 0 };

		for (size_t i = 0; i < NR_EXPERIMENTS; i++)
			if (reason(&experiments[i], has) == reasons[r].reason)
				append(&names, "%s%s", names.n ? ", " : "", experiments[i].name);
		if (names.n)
			note("left out: %s: %s", names.text, reasons[r].reason);
	}
}

static int run_experiments(struct machine *machine, unsigned int has)
{
	for (size_t i = 0; i < NR_EXPERIMENTS; i++) {
		const struct experiment *experiment = &experiments[i];
		const char *why = reason(experiment, has);

		if (!name_chosen(&chosen, experiment->name))
			continue;
		if (why && chosen.n)
			return fail("%s: %s", experiment->name, why);
		if (why)
			continue;
		progress("%s", experiment->name);
		if (experiment->run(machine))
			return EXIT_FAILURE;
		progress_clear();
	}
	return 0;
}

/* Whether there is anything to begin with; a device that was named must be there */
static int check_machine(unsigned int has)
{
	if (option_device && !(has & NEEDS_DEVICE))
		return fail("%s", no_device);
	if (chosen.n)
		return 0;
	if (!(has & (NEEDS_LAB | NEEDS_DEVICE)))
		return fail("there is neither memlab (insmod memlab.ko, as root) nor an edudma "
			    "device to measure with; `make answer` boots guests that have both");
	note_left_out(has);
	return 0;
}

static int measure_here(struct machine *machine)
{
	struct device device;
	unsigned int has = open_machine(machine, &device);
	int status = check_machine(has);

	if (!status)
		status = run_experiments(machine, has);
	close_machine(machine);
	return status;
}

static void read_string(struct json_object *object, const char *key, char *into, size_t size)
{
	struct json_object *value;

	if (json_object_object_get_ex(object, key, &value))
		snprintf(into, size, "%s", json_object_get_string(value));
}

/* The first file says where all this was measured */
static int read_part(struct machine *machine, const char *path)
{
	struct environment *environment = &machine->environment;
	struct json_object *part, *figures;
	char clock[16] = "";

	if (access(path, R_OK))
		return fail("cannot read %s: %s", path, strerror(errno));
	part = json_object_from_file(path);
	if (!json_object_object_get_ex(part, "figures", &figures)) {
		json_object_put(part);
		return fail("%s has no figures; `edudma answer -e NAME --json FILE` writes some",
			    path);
	}
	if (!*environment->kernel) {
		read_string(part, "kernel", environment->kernel, sizeof(environment->kernel));
		read_string(part, "qemu", environment->qemu, sizeof(environment->qemu));
		read_string(part, "machine", environment->machine, sizeof(environment->machine));
		read_string(part, "accel", environment->accel, sizeof(environment->accel));
		read_string(part, "clock", environment->clock, sizeof(environment->clock));
	}
	read_string(part, "clock", clock, sizeof(clock));
	figures_merge(&machine->figures, figures, !strcmp(clock, "real"));
	json_object_put(part);
	return 0;
}

static struct json_object *json_claim(const struct claim *claim, const struct judgement *judgement)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "id", (uint64_t)claim->id);
	json_add_string(object, "claim", claim->claim);
	json_add_string(object, "experiment", claim->experiment);
	json_add(object, "figures", json_object_get(judgement->used.object));
	json_add_string(object, "verdict", verdict_names[judgement->verdict]);
	json_add_string(object, "why", judgement->why.text);
	return object;
}

/*
 * Files must have all figures, those for tables included. One machine cannot, for
 * some experiments were left out there; it is enough if there is a verdict.
 */
static const char *find_missing(const struct judgement *judgement)
{
	if (*judgement->missing || !from.n)
		return judgement->missing;
	return judgement->missing_cell;
}

static void print_verdict(const struct claim *claim, const struct judgement *judgement)
{
	struct paragraph paragraph = { 0 };

	append(&paragraph, "%d. \"%s\" -- %s: %s", claim->id, claim->claim,
	       verdict_names[judgement->verdict], judgement->why.text);
	print_paragraph(stdout, &paragraph, false);
}

/* Only where all figures are at hand */
static int add_guide(struct json_object *answer, const struct figures *figures)
{
	struct judgement judgement = claim_judge(&guide, figures);
	struct json_object *object = json_object_new_object();
	const char *missing = find_missing(&judgement);

	json_add(object, "figures", judgement.used.object);
	json_add_string(object, "why", judgement.why.text);
	json_add(answer, "guide", *missing ? NULL : json_object_get(object));
	json_object_put(object);
	if (*missing && from.n)
		return fail("there is no guide: nobody has measured %s", missing);
	return 0;
}

static int judge_all(const struct machine *machine)
{
	struct json_object *answer = json_begin(&machine->environment);
	struct json_object *verdicts = json_object_new_array();
	bool quiet = is_standard_output(json_path);
	struct paragraph left_out = { 0 };
	int status = 0;

	for (size_t i = 0; i < NR_CLAIMS; i++) {
		struct judgement judgement = claim_judge(&claims[i], &machine->figures);

		const char *missing = find_missing(&judgement);

		if (*missing && from.n) {
			status = fail("claim %d has no verdict: nobody has measured %s",
				      claims[i].id, missing);
		} else if (*missing) {
			append(&left_out, "%s%d", left_out.n ? ", " : "", claims[i].id);
		} else {
			json_object_array_add(verdicts, json_claim(&claims[i], &judgement));
			if (!quiet)
				print_verdict(&claims[i], &judgement);
		}
		json_object_put(judgement.used.object);
	}
	if (!status && !json_object_array_length(verdicts))
		status = fail("no claim can be judged by what was measured here; `make answer` "
			      "measures the rest in guests");
	else if (left_out.n)
		note("without a verdict, for want of those: claims %s", left_out.text);
	json_add(answer, "claims", verdicts);
	status |= add_guide(answer, &machine->figures);
	return status ? json_object_put(answer), status : json_write(json_path, answer);
}

int answer_main(int argc, char **argv)
{
	struct machine machine = { .lab = -1, .figures.object = json_object_new_object() };
	int status = 0;

	options_parse(&usage, argc, argv);
	check_names();
	check_choices();
	if (autopsy_path) {
		status = autopsy_forbidden(&machine.figures, autopsy_path);
	} else if (from.n) {
		for (size_t i = 0; i < from.n && !status; i++)
			status = read_part(&machine, from.names[i]);
	} else {
		status = measure_here(&machine);
	}
	if (!status)
		status = chosen.n || autopsy_path ? write_part(&machine) : judge_all(&machine);
	json_object_put(machine.figures.object);
	return status;
}
