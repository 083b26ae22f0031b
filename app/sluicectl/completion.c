/* SPDX-License-Identifier: BSD-3-Clause */
/* Help and bash completion, from the tables of commands and options. */
#include "sluicectl.h"

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

void ctl_write_help(FILE *out)
{
	fputs("usage: sluicectl [OPTION]... COMMAND\n\ncommands:\n", out);
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++) {
		char name[40];
		snprintf(name, sizeof(name), "%s%s%s", c->name, c->argument == NULL ? "" : " ",
			 c->argument == NULL ? "" : c->argument);
		fprintf(out, "  %-20s %s", name, c->help);
		if (c->options != 0)
			write_options(out, c->options, "; takes ");
		fputc('\n', out);
	}
	fputs("\noptions:\n", out);
	for (const struct ctl_option *o = ctl_option_table; o->name != NULL; o++) {
		char name[40];
		snprintf(name, sizeof(name), "%s%s%s", o->name, o->value == NULL ? "" : " ",
			 o->value == NULL ? "" : o->value);
		fprintf(out, "  %-20s %s\n", name, o->help);
	}
	fputs("\nexit status: 0 done, 1 sluice could not be asked, 2 wrong usage\n", out);
}

/* What may follow a word that wants a value: the alternatives a|b of the table, or whatever the user types. */
static void write_value_case(FILE *out, const char *word, const char *value)
{
	fprintf(out, "\t%s) COMPREPLY=(", word);
	if (*value >= 'a' && *value <= 'z') {
		fputs("$(compgen -W \"", out);
		for (; *value != '\0'; value++)
			fputc(*value == '|' ? ' ' : *value, out);
		fputs("\" -- \"$cur\")", out);
	}
	fputs("); return ;;\n", out);
}

static void write_value_cases(FILE *out)
{
	for (const struct ctl_option *o = ctl_option_table; o->name != NULL; o++)
		if (o->value != NULL)
			write_value_case(out, o->name, o->value);
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++)
		if (c->needs_argument)
			write_value_case(out, c->name, c->argument);
}

static void write_command_cases(FILE *out)
{
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++) {
		if (c->options == 0)
			continue;
		fprintf(out, "\t%s) words+=\"", c->name);
		write_options(out, c->options, " ");
		fputs("\" ;;\n", out);
	}
}

void ctl_write_bash_completion(FILE *out)
{
	const char *before = "";

	fputs("# bash completion of sluicectl, printed by: sluicectl completion bash\n"
	      "_sluicectl()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= word\n"
	      "\tlocal commands=\"",
	      out);
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++, before = " ")
		fprintf(out, "%s%s", before, c->name);
	fputs("\"\n\tlocal words=\"", out);
	write_options(out, 0, "");
	fputs("\"\n\tcase $prev in\n", out);
	write_value_cases(out);
	fputs("\tesac\n"
	      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	      "\t\tcase \" $commands \" in *\" $word \"*) command=$word; break ;; esac\n"
	      "\tdone\n"
	      "\tcase $command in\n"
	      "\t'') words=\"$commands $words\" ;;\n",
	      out);
	write_command_cases(out);
	fputs("\tesac\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "}\n"
	      "complete -F _sluicectl sluicectl\n",
	      out);
}
