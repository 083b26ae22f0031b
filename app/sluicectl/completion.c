/* SPDX-License-Identifier: BSD-3-Clause */
/* Help and bash completion, from the tables of commands and options. */
#include "sluicectl.h"

#include <string.h>

/* Options of a command, or with bits 0 the general ones. */
static void write_options(FILE *out, unsigned int bits, const char *before)
{
	for (const struct ctl_option *o = ctl_option_table; o->name != NULL; o++) {
		if (o->bit == 0 ? bits != 0 : (o->bit & bits) == 0)
			continue;
		fprintf(out, "%s%s", before, o->name);
		before = " ";
	}
}

static void write_control_help(FILE *out)
{
	for (unsigned int i = 0; i < SL_COMMAND_MAX; i++) {
		const struct sl_command *c = &sl_commands[i];
		char name[80];
		size_t used = (size_t)snprintf(name, sizeof(name), "%s", c->name);
		for (const struct sl_argument *a = c->arguments; a->name != NULL; a++)
			if (a->option == NULL)
				used += (size_t)snprintf(name + used, sizeof(name) - used, " %s", a->value);
		fprintf(out, "  %-38s %s\n", name, c->help);
	}
}

void ctl_write_help(FILE *out)
{
	fputs("usage: sluicectl [OPTION]... COMMAND\n\ncommands that look:\n", out);
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++) {
		char name[40];
		snprintf(name, sizeof(name), "%s%s%s", c->name, c->argument == NULL ? "" : " ",
			 c->argument == NULL ? "" : c->argument);
		fprintf(out, "  %-20s %s", name, c->help);
		if (c->options != 0)
			write_options(out, c->options, "; takes ");
		fputc('\n', out);
	}
	fputs("\ncommands on the control socket; sluicectl help COMMAND tells their options:\n", out);
	write_control_help(out);
	fputs("\noptions:\n", out);
	for (const struct ctl_option *o = ctl_option_table; o->name != NULL; o++) {
		char name[40];
		snprintf(name, sizeof(name), "%s%s%s", o->name, o->value == NULL ? "" : " ",
			 o->value == NULL ? "" : o->value);
		fprintf(out, "  %-20s %s\n", name, o->help);
	}
	fputs("\nflows is short for flow list\n"
	      "exit status: 0 done, 1 refused, or sluice could not be asked, 2 wrong usage\n",
	      out);
}

/* What may follow a word that wants a value: the alternatives a|b of the table, files, or whatever the user types. */
static void write_value_case(FILE *out, const char *word, const char *value)
{
	fprintf(out, "\t%s) COMPREPLY=(", word);
	if (strcmp(value, "FILE") == 0) {
		fputs("$(compgen -f -- \"$cur\")", out);
	} else if (*value >= 'a' && *value <= 'z') {
		fputs("$(compgen -W \"", out);
		for (; *value != '\0'; value++)
			fputc(*value == '|' ? ' ' : *value, out);
		fputs("\" -- \"$cur\")", out);
	}
	fputs("); return ;;\n", out);
}

/* The option stands in an earlier command, too. */
static bool seen_before(unsigned int command, const char *option)
{
	for (unsigned int i = 0; i < command; i++)
		for (const struct sl_argument *a = sl_commands[i].arguments; a->name != NULL; a++)
			if (a->option != NULL && strcmp(a->option, option) == 0)
				return true;
	return false;
}

static void write_value_cases(FILE *out)
{
	for (const struct ctl_option *o = ctl_option_table; o->name != NULL; o++)
		if (o->value != NULL)
			write_value_case(out, o->name, o->value);
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++)
		if (c->needs_argument)
			write_value_case(out, c->name, c->argument);
	for (unsigned int i = 0; i < SL_COMMAND_MAX; i++)
		for (const struct sl_argument *a = sl_commands[i].arguments; a->name != NULL; a++)
			if (a->option != NULL && a->option[0] != '\0' && a->value != NULL && !seen_before(i, a->option))
				write_value_case(out, a->option, a->value);
}

/* First words of commands that have two, each once; as a list, or as alternatives of a case. */
static void write_groups(FILE *out, const char *between)
{
	const char *before = "";

	for (unsigned int i = 0; i < SL_COMMAND_MAX; i++) {
		const char *name = sl_commands[i].name;
		size_t length = strcspn(name, " ");
		if (name[length] == '\0' || (i > 0 && strncmp(sl_commands[i - 1].name, name, length + 1) == 0))
			continue;
		fprintf(out, "%s%.*s", before, (int)length, name);
		before = between;
	}
}

static void write_second_words(FILE *out)
{
	for (unsigned int i = 0; i < SL_COMMAND_MAX; i++) {
		const char *name = sl_commands[i].name;
		size_t length = strcspn(name, " ");
		bool first = i == 0 || strncmp(sl_commands[i - 1].name, name, length + 1) != 0;
		bool last = i + 1 == SL_COMMAND_MAX || strncmp(sl_commands[i + 1].name, name, length + 1) != 0;
		if (name[length] == '\0')
			continue;
		if (first)
			fprintf(out, "\t%.*s) words=\"", (int)length, name);
		fprintf(out, "%s%s", first ? "" : " ", name + length + 1);
		for (const struct ctl_command *c = ctl_command_table; last && c->name != NULL; c++)
			if (strncmp(c->name, name, length + 1) == 0)
				fprintf(out, " %s", c->name + length + 1);
		fputs(last ? "\" ;;\n" : "", out);
	}
}

static void write_command_cases(FILE *out)
{
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++) {
		if (c->options == 0)
			continue;
		fprintf(out, "\t\"%s\") words+=\"", c->name);
		write_options(out, c->options, " ");
		fputs("\" ;;\n", out);
	}
	for (unsigned int i = 0; i < SL_COMMAND_MAX; i++) {
		fprintf(out, "\t\"%s\"%s) words+=\"", sl_commands[i].name, i == SL_COMMAND_FLOW_LIST ? "|flows" : "");
		for (const struct sl_argument *a = sl_commands[i].arguments; a->name != NULL; a++)
			if (a->option != NULL && a->option[0] != '\0')
				fprintf(out, " %s", a->option);
		fputs("\" ;;\n", out);
	}
}

void ctl_write_bash_completion(FILE *out)
{
	fputs("# bash completion of sluicectl, printed by: sluicectl completion bash\n"
	      "_sluicectl()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= word\n"
	      "\tlocal commands=\"flows reload ",
	      out);
	write_groups(out, " ");
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++)
		if (strchr(c->name, ' ') == NULL) /* the others' first words are those of groups */
			fprintf(out, " %s", c->name);
	fputs("\"\n\tlocal words=\"", out);
	write_options(out, 0, "");
	fputs("\"\n\tcase $prev in\n", out);
	write_value_cases(out);
	fputs("\tesac\n"
	      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	      "\t\tcase $command in\n"
	      "\t\t'') case \" $commands \" in *\" $word \"*) command=$word ;; esac ;;\n"
	      "\t\t",
	      out);
	write_groups(out, "|");
	fputs(") command=\"$command $word\" ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase $command in\n"
	      "\t'') words=\"$commands $words\" ;;\n",
	      out);
	write_second_words(out);
	write_command_cases(out);
	fputs("\tesac\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "}\n"
	      "complete -F _sluicectl sluicectl\n",
	      out);
}
