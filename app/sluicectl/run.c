/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of reading commands, and the way from the command line to one of them or to a request. */
#include "sluicectl.h"

#include <string.h>
#include <unistd.h>

#include "sluice/base/suggest.h"

const struct ctl_option ctl_option_table[] = {
	{ "--file-prefix", "NAME", "of the process to ask, as in its EAL options (default: sluice)", 0 },
	{ "--json", NULL, "print the JSON instead of text", 0 },
	{ "--help", NULL, "print this text", 0 },
	{ "--version", NULL, "print the version of sluicectl", 0 },
	{ "--worker", "ID", "only this worker", CTL_WORKER },
	{ NULL, NULL, NULL, 0 },
};

const struct ctl_command ctl_command_table[] = {
	{ .name = "status",
	  .help = "version, uptime, ports, workers, services, flows and drops in short",
	  .gather = ctl_gather_status,
	  .render = ctl_render_status },
	{ .name = "services",
	  .argument = "[NAME]",
	  .help = "services and their backends with flows, packets and bytes",
	  .gather = ctl_gather_services,
	  .render = ctl_render_services },
	{ .name = "backends",
	  .argument = "[SERVICE]",
	  .help = "backends with weight, state, flows and answering time",
	  .gather = ctl_gather_backends,
	  .render = ctl_render_backends },
	{ .name = "relay list",
	  .argument = "[RELAY]",
	  .help = "relays with state, rate and losses; of one also its inputs and outputs",
	  .gather = ctl_gather_relays,
	  .render = ctl_render_relays },
	{ .name = "relay top",
	  .help = "relays by rate, the busiest first; on a terminal again every second",
	  .repeats = true,
	  .gather = ctl_gather_relay_top,
	  .render = ctl_render_relay_top },
	{ .name = "drops",
	  .help = "dropped packets by cause, most first, and what devices lost",
	  .options = CTL_WORKER,
	  .gather = ctl_gather_drops,
	  .render = ctl_render_drops },
	{ .name = "neighbours",
	  .help = "next hops and their Ethernet addresses",
	  .gather = ctl_gather_neighbours,
	  .render = ctl_render_neighbours },
	{ .name = "routes",
	  .help = "where packets go: connected networks, gateways, static routes",
	  .gather = ctl_gather_routes,
	  .render = ctl_render_routes },
	{ .name = "interfaces",
	  .help = "interfaces with their devices, VLANs and addresses",
	  .gather = ctl_gather_interfaces,
	  .render = ctl_render_interfaces },
	{ .name = "conflicts",
	  .help = "other stations that use our addresses",
	  .gather = ctl_gather_conflicts,
	  .render = ctl_render_conflicts },
	{ .name = "conservation",
	  .help = "where every packet went, and whether one was lost without a cause",
	  .gather = ctl_gather_conservation,
	  .render = ctl_render_conservation },
	{ .name = "ports",
	  .help = "devices with link, queues and counters",
	  .gather = ctl_gather_ports,
	  .render = ctl_render_ports },
	{ .name = "workers",
	  .help = "workers with their place, load and counters",
	  .gather = ctl_gather_workers,
	  .render = ctl_render_workers },
	{ .name = "completion",
	  .argument = "bash",
	  .needs_argument = true,
	  .help = "print a completion script: source <(sluicectl completion bash)" },
	{ .name = "help", .argument = "[COMMAND]", .help = "print this text, or how to use a command" },
	{ .name = NULL },
};

static int usage_error(FILE *err, const char *what, const char *which)
{
	fprintf(err, "sluicectl: %s %s; see sluicectl help\n", what, which);
	return CTL_EXIT_USAGE;
}

/* The command whose name stands at argv[*i]; moves *i over its second word. */
static const struct ctl_command *find_command(int argc, char **argv, int *i)
{
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++) {
		int words = ctl_match_name(c->name, argc - *i, argv + *i);
		if (words == 0)
			continue;
		*i += words - 1;
		return c;
	}
	return NULL;
}

static void set_option(struct ctl_options *options, const struct ctl_option *o, const char *value)
{
	if (o->bit == CTL_WORKER)
		options->worker = value;
	else if (o->value != NULL)
		options->file_prefix = value;
	else
		options->json = true; /* help and version have been looked for before */
}

/* "--name value" or "--name=value". Moves *i over a value of its own; returns 0, the exit status, or CTL_NOT_GENERAL. */
static int parse_option(int argc, char **argv, int *i, bool general, struct ctl_options *options, unsigned int *given, FILE *err)
{
	const char *arg = argv[*i], *value = strchr(arg, '=');
	size_t length = value == NULL ? strlen(arg) : (size_t)(value++ - arg);
	const struct ctl_option *o = ctl_option_table;

	while (o->name != NULL && (strlen(o->name) != length || memcmp(o->name, arg, length) != 0 || (general && o->bit != 0)))
		o++;
	if (o->name == NULL)
		return general ? CTL_NOT_GENERAL : usage_error(err, "unknown option", arg);
	if (o->value == NULL && value != NULL)
		return usage_error(err, "no value goes with", o->name);
	if (o->value != NULL && value == NULL) {
		if (*i + 1 == argc)
			return usage_error(err, "a value is missing behind", o->name);
		value = argv[++*i];
	}
	set_option(options, o, value);
	*given |= o->bit;
	return 0;
}

int ctl_read_general(int argc, char **argv, int *i, struct ctl_options *options, FILE *err)
{
	unsigned int given = 0;

	return parse_option(argc, argv, i, true, options, &given, err);
}

static int explain_unknown(int argc, char **argv, FILE *err)
{
	struct sl_suggestion suggestion = { .best = NULL };

	if (ctl_explain_group(argc, argv, err))
		return CTL_EXIT_USAGE;
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++)
		sl_suggest(&suggestion, argv[0], c->name);
	for (unsigned int i = 0; i < SL_COMMAND_MAX; i++)
		sl_suggest(&suggestion, argv[0], sl_commands[i].name);
	if (suggestion.best == NULL)
		return usage_error(err, "unknown command", argv[0]);
	fprintf(err, "sluicectl: unknown command %s; did you mean %s? See sluicectl help\n", argv[0], suggestion.best);
	return CTL_EXIT_USAGE;
}

/* A word behind a reading command. */
static int parse_argument(const char *word, const struct ctl_command *command, struct ctl_options *options, FILE *err)
{
	if (command->argument == NULL || options->argument != NULL)
		return usage_error(err, "one word too many:", word);
	options->argument = word;
	return 0;
}

static int check_reading(const struct ctl_command *command, const struct ctl_options *options, unsigned int given, FILE *err)
{
	if (command->needs_argument && options->argument == NULL)
		return usage_error(err, "an argument is missing behind", command->name);
	for (const struct ctl_option *o = ctl_option_table; o->name != NULL; o++)
		if ((given & o->bit) != 0 && (command->options & o->bit) == 0) {
			fprintf(err, "sluicectl: %s does not go with %s; see sluicectl help\n", o->name, command->name);
			return CTL_EXIT_USAGE;
		}
	return 0;
}

/* Either *command is set, or request->command and all of the request. */
static int parse(int argc, char **argv, const struct ctl_command **command, struct ctl_request *request,
		 struct ctl_options *options, FILE *err)
{
	unsigned int given = 0;
	int rc = 0, used;

	for (int i = 1; i < argc && rc == 0; i++) {
		if (argv[i][0] == '-') {
			rc = parse_option(argc, argv, &i, false, options, &given, err);
		} else if (*command != NULL) {
			rc = parse_argument(argv[i], *command, options, err);
		} else if ((*command = find_command(argc, argv, &i)) == NULL) {
			request->command = ctl_find_control(argc - i, argv + i, &used);
			if (request->command == NULL)
				return explain_unknown(argc - i, argv + i, err);
			if (given != 0)
				return usage_error(err, "--worker does not go with", request->command->name);
			return ctl_read_request(request, argc - i - used, argv + i + used, options, err);
		}
	}
	if (rc != 0)
		return rc;
	if (*command == NULL)
		return usage_error(err, "a command is missing,", "for example: sluicectl status");
	return check_reading(*command, options, given, err);
}

static void print_json(const json_t *value, FILE *out)
{
	json_dumpf(value, out, JSON_INDENT(2));
	fputc('\n', out);
}

static int request_and_show(struct ctl_request *request, const struct ctl_options *options, FILE *out, FILE *err)
{
	json_t *value = ctl_ask_control(request, options->file_prefix, err);
	int rc = 0;

	if (value == NULL)
		return CTL_EXIT_FAILED;
	if (options->json)
		print_json(value, out);
	else
		ctl_show_result(request->command, value, out);
	/* An edit that is made, but not in the file. A difference with problems is a good answer. */
	if (request->command != &sl_commands[SL_COMMAND_CONFIG_DIFF] && json_object_get(value, "problems") != NULL) {
		ctl_print_problems(json_object_get(value, "problems"), "sluicectl: ", err);
		rc = CTL_EXIT_FAILED;
	}
	json_decref(value);
	return rc;
}

static int ask_and_show(const struct ctl_command *command, const struct ctl_options *options, FILE *out, FILE *err)
{
	struct ctl_client *client = ctl_connect(options->file_prefix, err);
	json_t *value;

	if (client == NULL)
		return CTL_EXIT_FAILED;
	bool again = command->repeats && !options->json && isatty(fileno(out));
	do {
		value = command->gather(client, options, err);
		if (value == NULL)
			break;
		if (again)
			fputs("\033[H\033[2J", out); /* home, and clear */
		if (options->json)
			print_json(value, out);
		else
			command->render(value, out);
		json_decref(value);
		fflush(out);
	} while (again && sleep(1) == 0);
	ctl_disconnect(client);
	return value != NULL ? 0 : CTL_EXIT_FAILED;
}

/* --help and --version win over everything else on the line. */
static bool asked_for(int argc, char **argv, const char *option)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

/* "help", "help COMMAND", or --help anywhere: about the first command on the line, or about all. */
static int help(int argc, char **argv, FILE *out)
{
	int used;

	for (int i = 1; i < argc; i++) {
		const struct sl_command *c = argv[i][0] == '-' ? NULL : ctl_find_control(argc - i, argv + i, &used);
		if (c == NULL)
			continue;
		ctl_write_command_help(c, out);
		return 0;
	}
	ctl_write_help(out);
	return 0;
}

static int run(int argc, char **argv, struct ctl_request *request, FILE *out, FILE *err)
{
	struct ctl_options options = { .file_prefix = "sluice" };
	const struct ctl_command *command = NULL;
	int rc = parse(argc, argv, &command, request, &options, err);

	if (rc != 0)
		return rc;
	if (request->command != NULL)
		return request_and_show(request, &options, out, err);
	if (command->gather != NULL)
		return ask_and_show(command, &options, out, err);
	if (strcmp(options.argument, "bash") != 0)
		return usage_error(err, "there is no completion for", options.argument);
	ctl_write_bash_completion(out);
	return 0;
}

int ctl_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct ctl_request request = { .command = NULL };
	int rc;

	if (asked_for(argc, argv, "--help") || (argc > 1 && strcmp(argv[1], "help") == 0))
		return help(argc, argv, out);
	if (asked_for(argc, argv, "--version")) {
		fputs("sluicectl " SLUICE_VERSION "\n", out);
		return 0;
	}
	rc = run(argc, argv, &request, out, err);
	json_decref(request.arguments);
	return rc;
}
