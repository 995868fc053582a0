/* SPDX-License-Identifier: MIT */
/* proc_loginuid_write of fs/proc/base.c, audit_set_loginuid of kernel/auditsc.c. */
#include "syscall/loginuid.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/cred.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

uint32_t loginuid_of(const struct process *p)
{
	char text[16] = "";

	if (!p || !p->loginuid || pread(p->loginuid->fd, text, sizeof(text) - 1, 0) <= 0)
		return UINT32_MAX;
	return (uint32_t)strtoul(text, NULL, 10);
}

uint32_t loginuid_session_of(const struct process *p)
{
	return loginuid_of(p) == UINT32_MAX ? UINT32_MAX : p->loginuid->session;
}

/* The file under way to a guest: its name goes when the call ends. */
struct opening {
	char *name;
	struct loginuid *made; /* NULL once it is somebody's */
};

static int opening_free(struct opening *o)
{
	unlink(o->name);
	talloc_free(o->made);
	return 0;
}

static int loginuid_free(struct loginuid *l)
{
	close(l->fd);
	return 0;
}

static int opened(struct call *c)
{
	struct opening *o = c->data;

	if (c->result < 0)
		return 0;
	process_set_loginuid(c->t->process, o->made);
	o->made = NULL;
	return 0;
}

static struct opening *opening_new(struct call *c)
{
	struct session *s = tracee_session(c->t);
	struct opening *o = talloc_zero(c->t, struct opening);

	if (!o)
		return NULL;
	o->name = talloc_asprintf(o, "%s/loginuid-%u", s->dir, s->serial);
	o->made = talloc_zero(s, struct loginuid);
	if (!o->name || !o->made) {
		talloc_free(o->made);
		talloc_free(o);
		return NULL;
	}
	o->made->session = ++s->serial;
	o->made->fd = open(o->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	talloc_set_destructor(o->made, loginuid_free);
	talloc_set_destructor(o, opening_free);
	return o;
}

/* A write to another's is EPERM, and so to one's own that is set: like one to the front's. */
static bool may_write(const struct call *c, const struct process *p)
{
	return p == c->t->process && (loginuid_of(p) == UINT32_MAX ||
				      cred_capable(c->t->cred, CAP_AUDIT_CONTROL));
}

int loginuid_open(struct call *c, const struct process *p)
{
	struct session *s = tracee_session(c->t);
	struct opening *o;
	int r;

	s->walk.flags &= ~(unsigned)CANON_PLAIN;
	if (!may_write(c, p)) {
		r = snprintf(s->walk.host.s, sizeof(s->walk.host.s), "/proc/%d/loginuid",
			     s->front_pid);
		s->walk.host.len = (size_t)r;
		return 0;
	}
	o = opening_new(c);
	if (!o)
		return -ENOMEM;
	c->data = o;
	call_want_exit(c, opened);
	return o->made->fd < 0 ? -EIO : pathbuf_set(&s->walk.host, o->name);
}
