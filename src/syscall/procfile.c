/* SPDX-License-Identifier: MIT */
/*
 * The guest's version of maps, mounts, status and their kin, made when they are opened. The text
 * is that of the moment of the open: a descriptor kept and read again says the same again,
 * fstat(2) shows a plain file with a size, and poll(2) on mounts never tells of a change.
 *
 * Only processes of the session; opens for writing and with O_PATH get the kernel's own file. Where
 * a text cannot be made the open fails: the real one would show the host.
 */
#include "syscall/procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <talloc.h>
#include <unistd.h>

#include "arch/area.h"
#include "ident/cred.h"
#include "path/procname.h"
#include "syscall/guestfs.h"
#include "syscall/loginuid.h"
#include "syscall/procids.h"
#include "syscall/procmounts.h"
#include "syscall/proctext.h"
#include "syscall/sysvids.h"
#include "syscall/sysvipc.h"
#include "tracee/agent.h"
#include "tracee/call.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"
#include "tracee/uts.h"

/*
 * Whose file: the thread may be unknown (a leader that is gone). The process is none of ours only
 * where the text is about ids: an outsider's, or with `cred` a guest's that has ended.
 */
struct subject {
	const struct process *process;
	const struct tracee *thread;
	const struct fs *fs;
	const struct uts *uts; /* the reader's */
	const struct cred *cred; /* of guests in sessions with an identity */
};

static int show_name(void *ctx, const char *host, struct pathbuf *ret)
{
	return guestfs_show(ctx, host, NULL, ret);
}

/*
 * The program mapped by our loader has the name that the guest ran, also where the view has none.
 */
struct maps_names {
	struct session *s;
	const struct exe *exe;
};

static int show_mapped(void *ctx, const char *host, struct pathbuf *ret)
{
	const struct maps_names *names = ctx;
	int r;

	if (sysvipc_show(names->s, host, ret) == 0)
		return 0;
	r = show_name(names->s, host, ret);
	if (r < 0 && names->exe && names->exe->mapped && path_under(host, names->exe->mapped))
		r = pathbuf_set(ret, guestfs_told(names->s, names->exe->guest));
	return r;
}

static int write_maps(struct session *s, const struct subject *who, enum proc_what what, FILE *in,
		      FILE *out)
{
	const struct mm *mm = who->thread ? who->thread->mm : NULL;
	struct proctext_range *hidden = talloc_array(s, struct proctext_range,
						     mm ? mm->area_count + 2 : 1);
	struct maps_names names = { s, mm ? mm->exe : NULL };
	uint64_t island;
	struct proctext_maps p = { show_mapped, &names, hidden, 0 };
	int r;

	if (!hidden)
		return -ENOMEM;
	for (unsigned i = 0; mm && i < mm->area_count; i++)
		hidden[p.hidden_count++] = (struct proctext_range){
			mm->areas[i].base, mm->areas[i].base + AREA_SIZE
		};
	if (mm)
		hidden[p.hidden_count++] =
			(struct proctext_range){ mm->image_base, mm->image_end };
	if (mm && agent_find_island(who->thread, &island))
		hidden[p.hidden_count++] =
			(struct proctext_range){ island, island + AGENT_ISLAND_BYTES };
	r = what == PROC_NUMA_MAPS ? proctext_numa_maps(in, out, &p) : proctext_maps(in, out, &p);
	talloc_free(hidden);
	return r;
}

static int write_mounts(const struct subject *who, enum proc_what what, FILE *out)
{
	enum mounts_form form = what == PROC_MOUNTS    ? MOUNTS_PLAIN :
				what == PROC_MOUNTINFO ? MOUNTS_INFO :
							 MOUNTS_STATS;
	FILE *in = fopen("/proc/self/mountinfo", "re");
	int r;

	if (!in)
		return -errno;
	r = procmounts_write(who->fs->view, fs_root(who->fs), in, form, out);
	fclose(in);
	return r;
}

static char state_of(const struct subject *who)
{
	if (who->thread && who->thread->stands)
		return 't';
	return who->thread && who->thread->phase == PHASE_LISTEN ? 'T' : 'R';
}

static bool has_no_new_privs(const struct subject *who)
{
	return who->process && who->process->no_new_privs;
}

static int write_status(struct session *s, const struct subject *who, FILE *in, FILE *out)
{
	const struct procids ids = { who->cred, who_uid, who_gid, s };
	const struct proctext_status p = {
		.state = state_of(who),
		.hide_nnp = !(who->cred ? who->cred->no_new_privs : has_no_new_privs(who)),
		.filters = s->has & HAS_SECCOMP ? 1 : 0,
		.affinity = who->thread ? who->thread->affinity : NULL,
		.ids = s->identity ? &ids : NULL,
		.tracer = who->thread ? who->thread->traced_by : 0,
	};

	if (!who->process && !who->cred)
		return procids_status(in, out, &ids);
	return proctext_status(in, out, &p);
}

static int write_auxv(const struct subject *who, FILE *in, FILE *out)
{
	return procids_auxv(in, out, &who->thread->mm->told);
}

static const struct uts_name *uts_name_of(const struct uts *uts, enum proc_what what)
{
	return &uts->names[what - PROC_OSTYPE + UTS_SYSNAME];
}

static int write_name(const struct subject *who, enum proc_what what, FILE *out)
{
	return fprintf(out, "%s\n", uts_name_of(who->uts, what)->text) < 0 ? -EIO : 0;
}

static const char *said(const struct uts *uts, enum uts_field field, const char *host)
{
	return uts->names[field].is_set ? uts->names[field].text : host;
}

static int write_version(const struct subject *who, FILE *in, FILE *out)
{
	const struct uts *uts = who->uts;
	struct utsname host;

	if (uname(&host) < 0)
		return -errno;
	return proctext_version(in, out,
				&(const struct proctext_version){
					{ host.sysname, host.release, host.version },
					{ said(uts, UTS_SYSNAME, host.sysname),
					  said(uts, UTS_RELEASE, host.release),
					  said(uts, UTS_VERSION, host.version) } });
}

static int write_text(struct session *s, const struct subject *who, enum proc_what what, FILE *in,
		      FILE *out)
{
	switch (what) {
	case PROC_MAPS:
	case PROC_SMAPS:
	case PROC_NUMA_MAPS:
		return write_maps(s, who, what, in, out);
	case PROC_STATUS:
		return write_status(s, who, in, out);
	case PROC_STAT:
		return proctext_stat(in, out, state_of(who));
	case PROC_AUXV:
		return write_auxv(who, in, out);
	case PROC_UID_MAP:
	case PROC_GID_MAP:
	case PROC_PROJID_MAP:
		return procids_map(out);
	case PROC_SETGROUPS:
		return fputs("allow\n", out) < 0 ? -EIO : 0;
	case PROC_LOGINUID:
		return procids_number(out, loginuid_of(who->process));
	case PROC_OSTYPE:
	case PROC_HOSTNAME:
	case PROC_OSRELEASE:
	case PROC_OSVERSION:
	case PROC_ARCH:
	case PROC_DOMAINNAME:
		return write_name(who, what, out);
	case PROC_VERSION:
		return write_version(who, in, out);
	case PROC_SESSIONID:
		return procids_number(out, loginuid_session_of(who->process));
	case PROC_SYSV_SHM:
	case PROC_SYSV_SEM:
	case PROC_SYSV_MSG:
		return s->sysvipc ? sysvipc_write(s, what, out) : sysvids_write(s, what, in, out);
	case PROC_SHMMAX:
	case PROC_SHMALL:
	case PROC_SHMMNI:
	case PROC_SEM:
	case PROC_MSGMAX:
	case PROC_MSGMNB:
	case PROC_MSGMNI:
		return sysvipc_write(s, what, out);
	default:
		return write_mounts(who, what, out);
	}
}

/* Of whom the file is told otherwise than the kernel does. */
enum told_of { TOLD_OF_NOBODY, TOLD_OF_GUESTS, TOLD_OF_ALL };

static enum told_of told_of(const struct session *s, enum proc_what what)
{
	const struct uts *uts = s->walker->uts;

	switch (what) {
	case PROC_MAPS:
	case PROC_SMAPS:
	case PROC_NUMA_MAPS:
	case PROC_MOUNTS:
	case PROC_MOUNTINFO:
	case PROC_MOUNTSTATS:
	case PROC_STAT:
		return TOLD_OF_GUESTS;
	case PROC_STATUS:
		return s->identity ? TOLD_OF_ALL : TOLD_OF_GUESTS;
	case PROC_AUXV:
		return s->identity || s->machine ? TOLD_OF_GUESTS : TOLD_OF_NOBODY;
	case PROC_UID_MAP:
	case PROC_GID_MAP:
	case PROC_PROJID_MAP:
	case PROC_SETGROUPS:
	case PROC_LOGINUID:
	case PROC_SESSIONID:
		return s->identity ? TOLD_OF_ALL : TOLD_OF_NOBODY;
	case PROC_SYSV_SHM:
	case PROC_SYSV_SEM:
	case PROC_SYSV_MSG:
		return s->identity || s->sysvipc ? TOLD_OF_ALL : TOLD_OF_NOBODY;
	case PROC_SHMMAX:
	case PROC_SHMALL:
	case PROC_SHMMNI:
	case PROC_SEM:
	case PROC_MSGMAX:
	case PROC_MSGMNB:
	case PROC_MSGMNI:
		return s->sysvipc ? TOLD_OF_ALL : TOLD_OF_NOBODY;
	case PROC_OSTYPE:
	case PROC_HOSTNAME:
	case PROC_OSRELEASE:
	case PROC_OSVERSION:
	case PROC_ARCH:
	case PROC_DOMAINNAME:
		return uts && uts_name_of(uts, what)->is_set ? TOLD_OF_ALL : TOLD_OF_NOBODY;
	case PROC_VERSION:
		return uts && uts->is_set ? TOLD_OF_ALL : TOLD_OF_NOBODY;
	default:
		return TOLD_OF_NOBODY;
	}
}

static void find_subject(struct call *c, const struct procname *name, struct subject *ret)
{
	struct session *s = tracee_session(c->t);
	const struct process *own = c->t->process;
	pid_t pid = name->pid == PROC_PID_SELF ? own->pid : name->pid;
	pid_t tid = name->tid ? name->tid : pid;

	ret->process = pid == own->pid ? own : process_find(s, pid);
	ret->thread = name->tid == PROC_TID_SELF ? c->t : tracee_find(s, tid);
	if (!ret->process && ret->thread) /* a thread's number stands for it, too */
		ret->process = ret->thread->process;
	if (!ret->thread && ret->process == own)
		ret->thread = c->t; /* of the same address space */
	ret->uts = c->t->uts;
	ret->fs = ret->thread ? ret->thread->fs : c->t->fs;
	ret->cred = ret->thread ? ret->thread->cred : s->identity ? who_cred(s, tid) : NULL;
}

/* Is there anything to tell otherwise than the kernel does? */
static bool is_ours(struct call *c, const struct procname *name, struct subject *ret)
{
	enum told_of of = told_of(tracee_session(c->t), name->what);

	if (of == TOLD_OF_NOBODY || *name->rest)
		return false;
	find_subject(c, name, ret);
	if (!ret->process && of != TOLD_OF_ALL)
		return false;
	if (name->what == PROC_AUXV)
		return ret->thread && ret->thread->mm->told.word_bytes;
	/* A guest that is not stopped for good shows its own state when it is looked at. */
	return name->what != PROC_STAT || state_of(ret) == 'T';
}

/* Dies with the call: the guest has the file open then, or never will. */
static int remove_text(char *name)
{
	unlink(name);
	return 0;
}

static int keep(struct call *c)
{
	(void)c;
	return 0;
}

static int fill(struct session *s, const struct subject *who, enum proc_what what, FILE *in, int fd)
{
	FILE *out = fdopen(fd, "w");
	int r;

	if (!out) {
		close(fd);
		return -ENOMEM;
	}
	r = write_text(s, who, what, in, out);
	return fclose(out) != 0 && r == 0 ? -EIO : r;
}

/* The text as a file in the session's directory, whose name is a child of the tracee. */
static int make_text(struct call *c, const struct subject *who, enum proc_what what, FILE *in)
{
	struct session *s = tracee_session(c->t);
	char *name = talloc_asprintf(c->t, "%s/proc-%u", s->dir, s->serial++);
	int fd, r;

	if (!name)
		return -ENOMEM;
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd < 0) {
		talloc_free(name);
		return -EIO;
	}
	talloc_set_destructor(name, remove_text);
	r = fill(s, who, what, in, fd);
	if (r == 0)
		r = pathbuf_set(&s->walk.host, name);
	if (r < 0) {
		talloc_free(name);
		return r == -ENOMEM ? r : -EIO;
	}
	s->walk.flags &= ~(unsigned)CANON_PLAIN; /* the guest's own string does not lead here */
	c->data = name;
	return call_want_exit(c, keep);
}

/* "self" in a name of the host's is whoever looks: here that would be us. */
static FILE *open_real(const struct session *s, const struct procname *name, const struct call *c)
{
	const char *file = strrchr(s->walk.host.s, '/');
	char path[64];

	if (s->sysvipc && name->what >= PROC_SYSV_SHM && name->what <= PROC_MSGMNI)
		return fopen("/dev/null", "re"); /* the host may have none of it */
	if (name->pid != PROC_PID_SELF || name->what < PROC_DIR)
		return fopen(s->walk.host.s, "re");
	snprintf(path, sizeof(path), "/proc/%d%s",
		 name->tid == PROC_TID_SELF ? c->t->tid : c->t->process->pid, file);
	return fopen(path, "re");
}

int procfile_open(struct call *c, uint64_t flags)
{
	struct session *s = tracee_session(c->t);
	struct procname name;
	struct subject who;
	FILE *in;
	int r;

	if ((flags & O_PATH) || !guestfs_is_proc(HPATH(s->walk.host.s)))
		return 0;
	name = proc_parse(HPATH(s->walk.host.s));
	if (!is_ours(c, &name, &who))
		return 0;
	if ((flags & O_ACCMODE) != O_RDONLY) {
		if (name.what != PROC_LOGINUID || s->sandbox) /* nothing of ours is written there */
			return 0;
		return loginuid_open(c, who.process);
	}
	in = open_real(s, &name, c);
	if (!in)
		return -errno;
	r = make_text(c, &who, name.what, in);
	fclose(in);
	return r;
}
