/* SPDX-License-Identifier: MIT */
/*
 * The option table made from options.def, and what each option does to a request: one handler per
 * row, called in the order of the command line, so that a later option wins.
 */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "cli/hostbinds.h"
#include "cli/parse.h"
#include "path/bindspec.h"
#include "tracee/kernelspec.h"
#include "tracee/ports.h"

int opt_rootfs(struct request *r, const char *value, struct fail *fail)
{
	if (!value[0])
		return fail_set(fail, "--rootfs is empty: name the directory that holds the guest");
	r->session.rootfs = value;
	return 0;
}

static int add_bind(struct request *r, const struct bind_request *b, struct fail *fail)
{
	size_t n = r->session.bind_count;
	struct bind_request *list =
		talloc_realloc(r->env.ctx, r->binds, struct bind_request, n + 1);

	if (!list)
		return fail_set(fail, "no memory for bind %s", b->host);
	list[n] = *b;
	r->binds = list;
	r->session.binds = list;
	r->session.bind_count = n + 1;
	return 0;
}

static int add_host_binds(struct request *r, enum hostbinds which, const char *value,
			  struct fail *fail)
{
	struct bind_request b;
	int done = opt_rootfs(r, value, fail);

	for (size_t i = 0; done == 0 && hostbinds_get(r->env.ctx, which, i, value, &b); i++)
		done = b.host ? add_bind(r, &b, fail) : 0;
	return done;
}

int opt_rootfs_with_host(struct request *r, const char *value, struct fail *fail)
{
	return add_host_binds(r, HOSTBINDS_USERS, value, fail);
}

int opt_bind(struct request *r, const char *value, struct fail *fail)
{
	struct bind_request b;
	int done = bindspec_parse(r->env.ctx, value, &b, fail);

	return done < 0 ? done : add_bind(r, &b, fail);
}

int opt_cwd(struct request *r, const char *value, struct fail *fail)
{
	if (!value[0])
		return fail_set(fail, "--cwd is empty: name a directory of the guest");
	r->session.cwd = value;
	return 0;
}

int opt_root_id(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.identity = IDENTITY_IDS;
	r->session.uid = r->session.gid = 0;
	return 0;
}

/* -1 is no id: the kernel's "leave it as it is". */
static bool parse_id(const char *text, char **ret_end, uint32_t *ret)
{
	unsigned long long n;

	if (*text < '0' || *text > '9')
		return false;
	n = strtoull(text, ret_end, 10);
	*ret = (uint32_t)n;
	return n < UINT32_MAX;
}

int opt_read_only(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.read_only = true;
	return 0;
}

int opt_change_id(struct request *r, const char *value, struct fail *fail)
{
	char *end;

	if (!parse_id(value, &end, &r->session.uid) || *end != ':' ||
	    !parse_id(end + 1, &end, &r->session.gid) || *end)
		return fail_set(fail, "-i: '%s' is not two numbers: give -i UID:GID", value);
	r->session.identity = IDENTITY_IDS;
	return 0;
}

/* PRoot's -S: root, with what a distribution needs of its host. */
int opt_root_with_host(struct request *r, const char *value, struct fail *fail)
{
	opt_root_id(r, NULL, fail);
	return add_host_binds(r, HOSTBINDS_ROOT, value, fail);
}

int opt_user(struct request *r, const char *value, struct fail *fail)
{
	if (!value[0] || value[0] == ':')
		return fail_set(fail, "--user '%s': a user is missing: give --user USER[:GROUP]",
				value);
	r->session.identity = IDENTITY_USER;
	r->session.user = value;
	return 0;
}

int opt_groups(struct request *r, const char *value, struct fail *fail)
{
	(void)fail;
	r->session.groups = value;
	return 0;
}

int opt_kernel_release(struct request *r, const char *value, struct fail *fail)
{
	struct kernel_spec *k = talloc(r->env.ctx, struct kernel_spec);

	if (!k)
		return fail_set(fail, "no memory for -k");
	r->session.kernel = k;
	return kernelspec_parse(value, k, fail);
}

int opt_qemu(struct request *r, const char *value, struct fail *fail)
{
	r->session.emulator = value;
	if (!value[strspn(value, " ")])
		return fail_set(fail, "-q is empty: name an emulator, or auto");
	return 0;
}

/* PRoot's: programs of this machine run by themselves at any rate. */
int opt_mixed_mode(struct request *r, const char *value, struct fail *fail)
{
	(void)r, (void)value, (void)fail;
	return 0;
}

static struct ports *ports_of(struct request *r)
{
	if (!r->session.ports)
		r->session.ports = ports_new(r->env.ctx);
	return r->session.ports;
}

int opt_port_shift(struct request *r, const char *value, struct fail *fail)
{
	struct ports *p = ports_of(r);
	unsigned shift = value ? (unsigned)strtoul(value, NULL, 10) : 2000;

	if (!p)
		return fail_set(fail, "no memory for ports");
	if (shift < 1023 || shift > 64000 || (value && value[strspn(value, "0123456789")]))
		return fail_set(fail, "--port-shift: '%s' is no number from 1023 to 64000", value);
	p->shift = shift;
	return 0;
}

int opt_port(struct request *r, const char *value, struct fail *fail)
{
	if (!value)
		return opt_port_shift(r, NULL, fail);
	return ports_of(r) ? ports_add(r->session.ports, value, false, fail) :
			     fail_set(fail, "no memory for ports");
}

int opt_publish(struct request *r, const char *value, struct fail *fail)
{
	return ports_of(r) ? ports_add(r->session.ports, value, true, fail) :
			     fail_set(fail, "no memory for ports");
}

int opt_publish_plain(struct request *r, const char *value, struct fail *fail)
{
	return opt_publish(r, value, fail);
}

int opt_netcoop(struct request *r, const char *value, struct fail *fail)
{
	(void)value;
	if (!ports_of(r))
		return fail_set(fail, "no memory for ports");
	r->session.ports->cooperates = true;
	return 0;
}

int opt_link2symlink(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.link2symlink = true;
	return 0;
}

/* Of Termux's PRoot: the sizes of symbolic links are what they should be without it. */
int opt_nothing(struct request *r, const char *value, struct fail *fail)
{
	(void)r, (void)value, (void)fail;
	return 0;
}

/* The same: memfds of a guest are the kernel's, and we need none. */
int opt_ashmem(struct request *r, const char *value, struct fail *fail)
{
	return opt_nothing(r, value, fail);
}

int opt_extension(struct request *r, const char *value, struct fail *fail)
{
	(void)r;
	return fail_set(fail, "-P %s: there are no extensions in Python here: leave it out", value);
}

int opt_sandbox(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.sandbox = true;
	return 0;
}

int opt_sysvipc(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.sysvipc = true;
	return 0;
}

int opt_no_agent(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.no_agent = true;
	return 0;
}

int opt_coherence(struct request *r, const char *value, struct fail *fail)
{
	r->session.strict = strcmp(value, "strict") == 0;
	if (r->session.strict || strcmp(value, "default") == 0)
		return 0;
	return fail_set(fail, "--coherence: there is no '%s': use strict or default", value);
}

int opt_engine(struct request *r, const char *value, struct fail *fail)
{
	if (engine_by_name(value, &r->session.engine) == 0)
		return 0;
	return fail_set(fail, "--engine: no '%s': use auto, userns or ptrace", value);
}

/* ---- namespaces and id maps ---- */

static const struct {
	const char *word;
	enum own_namespace own;
} own_words[] = {
	{ "pid", OWN_PID }, { "uts", OWN_UTS },	      { "ipc", OWN_IPC },
	{ "net", OWN_NET }, { "cgroup", OWN_CGROUP }, { "time", OWN_TIME },
};

static int add_own(struct request *r, const char *word, size_t len, struct fail *fail)
{
	for (size_t i = 0; i < sizeof(own_words) / sizeof(own_words[0]); i++) {
		if (strlen(own_words[i].word) == len &&
		    strncmp(own_words[i].word, word, len) == 0) {
			r->session.own |= own_words[i].own;
			return 0;
		}
	}
	return fail_set(fail,
			"--unshare: no namespace '%.*s': use pid, uts, ipc, net, cgroup or time",
			(int)len, word);
}

int opt_unshare(struct request *r, const char *value, struct fail *fail)
{
	int done = 0;
	size_t len;

	do {
		len = strcspn(value, ",");
		done = add_own(r, value, len, fail);
		value += len + 1;
	} while (done == 0 && value[-1]);
	return done;
}

#define OWN_OPTION(name)                                                                   \
	int opt_##name(struct request *r, const char *value, struct fail *fail)     \
	{                                                                                  \
		(void)value;                                                               \
		return add_own(r, #name, strlen(#name), fail);                             \
	}
OWN_OPTION(pid)
OWN_OPTION(uts)
OWN_OPTION(ipc)
OWN_OPTION(cgroup)
OWN_OPTION(time)

int opt_net(struct request *r, const char *value, struct fail *fail)
{
	bool pasta = value && strcmp(value, "pasta") == 0;

	r->session.own &= ~(unsigned)OWN_NET;
	r->session.pasta = pasta;
	if (value && strcmp(value, "host") == 0)
		return 0;
	if (value && !pasta && strcmp(value, "none") != 0)
		return fail_set(fail, "--net: there is no '%s': use none, host or pasta", value);
	r->session.own |= OWN_NET;
	return 0;
}

int opt_hostname(struct request *r, const char *value, struct fail *fail)
{
	if (!value[0] || strlen(value) > 64)
		return fail_set(fail, "--hostname '%s': a name has 1 to 64 bytes", value);
	r->session.hostname = value;
	r->session.own |= OWN_UTS;
	return 0;
}

int opt_init(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.init = true;
	return 0;
}

int opt_map_root(struct request *r, const char *value, struct fail *fail)
{
	(void)value;
	r->session.map.root = true;
	return opt_root_id(r, NULL, fail);
}

int opt_map_auto(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.map.automatic = true;
	return 0;
}

int opt_map_users(struct request *r, const char *value, struct fail *fail)
{
	(void)fail;
	r->session.map.users = value;
	return 0;
}

int opt_map_groups(struct request *r, const char *value, struct fail *fail)
{
	(void)fail;
	r->session.map.groups = value;
	return 0;
}

int opt_keep_id(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.map.keep = true;
	return 0;
}

int opt_dry_run(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.dry_run = true;
	return 0;
}

int opt_kill_on_exit(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.wait_leftovers = false;
	return 0;
}

int opt_no_kill_on_exit(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.wait_leftovers = true;
	return 0;
}

int opt_env(struct request *r, const char *value, struct fail *fail)
{
	return env_set(&r->env, value, fail);
}

int opt_env_file(struct request *r, const char *value, struct fail *fail)
{
	return env_set_file(&r->env, value, fail);
}

int opt_unset_env(struct request *r, const char *value, struct fail *fail)
{
	return env_unset(&r->env, value, fail);
}

int opt_clear_env(struct request *r, const char *value, struct fail *fail)
{
	(void)value;
	return env_clear(&r->env, fail);
}

int opt_trace(struct request *r, const char *value, struct fail *fail)
{
	(void)fail;
	r->session.trace = value ? value : "";
	return 0;
}

int opt_explain(struct request *r, const char *value, struct fail *fail)
{
	(void)fail;
	r->explain = value;
	r->action = ACTION_EXPLAIN;
	return 0;
}

int opt_dump_filter(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->action = ACTION_DUMP_FILTER;
	return 0;
}

int opt_name(struct request *r, const char *value, struct fail *fail)
{
	r->session.name = value;
	return engine_check_name(value, fail);
}

int opt_stats(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->session.stats = true;
	return 0;
}

int opt_verbose(struct request *r, const char *value, struct fail *fail)
{
	char *end;
	long level = strtol(value, &end, 10);

	if (end == value || *end)
		return opt_bind(r, value, fail);
	r->verbosity = level < -1 ? -1 : level > 9 ? 9 : (int)level;
	if (level >= 3 && !r->session.trace)
		r->session.trace = "";
	return 0;
}

static int add_debug_word(struct request *r, const char *word, size_t len, struct fail *fail)
{
	for (const struct debug_word *d = debug_words; d->word; d++) {
		if (strlen(d->word) == len && strncmp(d->word, word, len) == 0) {
			r->session.debug |= d->flag;
			return 0;
		}
	}
	return fail_set(fail, "--debug: no word '%.*s': --help-debug lists them", (int)len, word);
}

int opt_debug(struct request *r, const char *value, struct fail *fail)
{
	int done = 0;
	size_t len;

	do {
		len = strcspn(value, ",");
		done = add_debug_word(r, value, len, fail);
		value += len + 1;
	} while (done == 0 && value[-1]);
	return done;
}

static int done_with(struct request *r, enum action action)
{
	r->action = action;
	return OPTIONS_DONE;
}

int opt_write_loader(struct request *r, const char *value, struct fail *fail)
{
	(void)fail;
	r->output = value;
	return done_with(r, ACTION_WRITE_LOADER);
}

int opt_version(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	return done_with(r, ACTION_VERSION);
}

int opt_help(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	return done_with(r, ACTION_HELP);
}

int opt_help_debug(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	return done_with(r, ACTION_HELP_DEBUG);
}

/* ---- the table ---- */

const struct option options_table[] = {
#define OPTION(name, letter, names, value, value_name, group, where, help, manual) \
	{ letter, names, value, value_name, group, where, help, manual, NULL, opt_##name },
#define LATER(letter, names, what) \
	{ letter, names, NONE, "", GROUP_HIDDEN, PLAIN, "", "", what, NULL },
#include "cli/options.def"
#undef OPTION
#undef LATER
	{ .names = NULL },
};

const struct debug_word debug_words[] = {
	{ "no-seccomp", DEBUG_NO_SECCOMP, "stop at every call, as where seccomp is refused" },
	{ "no-openat2", DEBUG_NO_OPENAT2, "as on a kernel before 5.6" },
	{ "no-syscall-info", DEBUG_NO_SYSCALL_INFO,
	  "registers one by one, as on a kernel before 6.16" },
	{ "no-pin", DEBUG_NO_PIN, "leave CPU affinity alone" },
	{ "no-stub", DEBUG_NO_STUB, "registers come back at exit stops, not by stubs" },
	{ "no-process-vm", DEBUG_NO_PROCESS_VM, "as where process_vm_readv is refused" },
	{ "no-landlock", DEBUG_NO_LANDLOCK, "--sandbox without Landlock" },
	{ "one-tracer", DEBUG_ONE_TRACER, "one tracer thread, whatever the number of CPUs" },
	{ "no-ranges", DEBUG_NO_RANGES, "as where nobody has subordinate ids" },
	{ "mem", DEBUG_MEM, "report memory that is left over at the end" },
	{ .word = NULL },
};

bool names_have(const char *names, const char *name, size_t len)
{
	for (const char *p = names; *p; p += *p == ' ') {
		size_t n = option_name_len(p);

		if (n == len && strncmp(p, name, len) == 0)
			return true;
		p += n;
	}
	return false;
}

bool option_is_known(const struct option *o, const char *form)
{
	return strcmp(o->where, EVERYWHERE) == 0 || names_have(o->where, form, strlen(form));
}

size_t option_name_len(const char *names)
{
	return strcspn(names, " ");
}
