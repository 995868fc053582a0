/* SPDX-License-Identifier: MIT */
/*
 * One look at an object, by the walk or by us, says what the host holds of it and, with the owner
 * store's word, what the guest is told. Then two questions: may the guest do it, and will the host
 * let it?
 */
#include "syscall/permit.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/acl.h"
#include "ident/dac.h"
#include "ident/store.h"
#include "path/view.h"
#include "syscall/bindrules.h"
#include "syscall/guestfs.h"
#include "syscall/object.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* More entries than a list has on most file systems. */
enum { ACL_BYTES = 4096 };

/* The call in flight: whoever walks is in one. */
static struct call *call_of(const struct session *s)
{
	return &s->walker->call;
}

const struct cred *permit_asker(const struct session *s)
{
	return s->identity->as ? s->identity->as : s->walker->cred;
}

/* ---- one object ----------------------------------------------------------------------------- */

static struct acl *read_acl(struct session *s, struct object *o)
{
	struct call *c = call_of(s);
	struct store_object so = { .st = &o->st };
	char value[ACL_BYTES];
	struct acl *acl = NULL;
	ssize_t n;

	if (object_open(c, o) < 0)
		return NULL;
	so.fd = o->fd;
	so.place = object_place(c, o);
	n = store_getxattr(s->identity->store, &so, ACL_ACCESS_XATTR, value, sizeof(value));
	if (n <= 0 || acl_parse(s, value, (size_t)n, &acl) < 0)
		return NULL;
	return acl;
}

/* acl_permission_check asks it for all but the owner, and only where the group has a bit. */
static bool asks_list(const struct session *s, const struct object *o, const struct owner *owner)
{
	return store_may_have_list(s->identity->store, &o->st) && (owner->mode & S_IRWXG) &&
	       permit_asker(s)->fsuid != owner->uid;
}

void permit_tell(struct session *s, struct object *o, struct dac_inode *ret)
{
	object_owner(call_of(s), o, &ret->owner);
	ret->acl = asks_list(s, o, &ret->owner) ? read_acl(s, o) : NULL;
}

void permit_told(struct dac_inode *told)
{
	TALLOC_FREE(told->acl);
}

int permit_ask(struct session *s, struct object *o, unsigned mask)
{
	const struct cred *c = permit_asker(s);
	bool runs = (mask & DAC_EXEC) && !S_ISDIR(o->st.stx_mode);
	struct dac_inode told;
	int r;

	if (!mask || (cred_capable(c, CAP_DAC_OVERRIDE) && !runs))
		return 0;
	permit_tell(s, o, &told);
	r = dac_permission(c, &told, mask);
	permit_told(&told);
	return permit_in_proc(s, object_known_name(s, o), r);
}

/* Seen by the guest, and under some name that may be written to? */
static bool may_be_changed(struct session *s, const char *host)
{
	return view_to_guest(s->view, s->walk.root, HPATH(host), NULL, &s->shown) == 0 &&
	       !(s->view_read_only && bindrules_only_read_only(s, host));
}

bool permit_open_up(struct session *s, struct object *o, unsigned mask)
{
	struct call *c = call_of(s);
	struct store_object so = { .st = &o->st };

	if ((o->st.stx_mode >> 6 & mask) == mask)
		return true;
	if (o->st.stx_uid != geteuid() || object_open(c, o) < 0 ||
	    object_host_name(c, o, &s->text) < 0 || !may_be_changed(s, s->text.s))
		return false;
	so.fd = o->fd;
	so.place = object_place(c, o);
	if (store_widen(s->identity->store, &so) < 0)
		return false;
	permit_begin(s); /* what was seen is so no more */
	return true;
}

int permit_judge(struct session *s, struct object *o, unsigned mask)
{
	int r = permit_ask(s, o, mask);

	if (r == 0)
		permit_open_up(s, o, mask);
	return r;
}

int permit_walked(struct session *s, unsigned mask)
{
	struct object o;
	int r;

	if (object_walked(s, &o) < 0)
		return 0; /* the kernel has its own word on it */
	r = permit_judge(s, &o, mask);
	object_done(&o);
	return r;
}

int permit_parent(struct session *s, unsigned mask)
{
	struct object o;
	int r;

	if (object_parent(s, &o) < 0)
		return 0;
	/* of one that is removed nothing is asked: ENOENT (lookup_open, lookup_one_qstr_excl) */
	r = o.st.stx_nlink ? permit_judge(s, &o, mask) : 0;
	object_done(&o);
	return r;
}

/* "a/b", "a/b/" -> "a"; "a/." -> "a". */
static int directory_of(const char *host, struct pathbuf *ret)
{
	size_t n = strlen(host);

	while (n > 1 && host[n - 1] == '/')
		n--;
	if (pathbuf_set_n(ret, host, n) < 0)
		return -ENAMETOOLONG;
	pathbuf_pop(ret);
	return 0;
}

/* check_sticky asks whose the entry is; one that is missing is nobody's. */
static int ask_delete(struct session *s, struct object *dir, const char *entry,
		      const struct owner *absent)
{
	const struct cred *c = permit_asker(s);
	struct dac_inode told;
	struct owner owner = absent ? *absent : (struct owner){ .uid = c->fsuid };
	struct object o;
	int r;

	permit_tell(s, dir, &told);
	if ((told.owner.mode & S_ISVTX) && object_named(s, entry, &o) == 0) {
		object_owner(call_of(s), &o, &owner);
		object_done(&o);
	}
	r = dac_may_delete(c, &told, &owner);
	permit_told(&told);
	return r;
}

void permit_open_up_named(struct session *s, const char *host, unsigned mask)
{
	struct object o;

	if (object_named(s, host, &o) < 0)
		return;
	permit_open_up(s, &o, mask);
	object_done(&o);
}

int permit_ask_delete(struct session *s, const char *entry, const struct owner *absent)
{
	struct pathbuf dir;
	struct object o;
	int r;

	if (!permit_judges(s) || directory_of(entry, &dir) < 0 || object_named(s, dir.s, &o) < 0)
		return 0;
	r = ask_delete(s, &o, entry, absent);
	object_done(&o);
	return r;
}

void permit_open_parent(struct session *s, const char *entry)
{
	struct pathbuf dir;

	if (directory_of(entry, &dir) == 0)
		permit_open_up_named(s, dir.s, DAC_ALTER);
}

bool permit_would(struct session *s, const char *host, unsigned mask)
{
	struct object o;
	bool would;

	if (object_named(s, host, &o) < 0)
		return true;
	would = permit_ask(s, &o, mask) == 0;
	object_done(&o);
	return would;
}

/* ---- the walk ------------------------------------------------------------------------------- */

bool permit_judges(const struct session *s)
{
	return s->identity && !dac_is_above(permit_asker(s));
}

void permit_begin(struct session *s)
{
	pathbuf_clear(&s->hostfs.seen_name);
	pathbuf_clear(&s->identity->searched.name);
}

/* What is no directory is so to the kernel, too: ENOTDIR comes first. */
static int search(struct session *s, const char *dir)
{
	struct object o;
	int r;

	if (object_named(s, dir, &o) < 0)
		return 0;
	r = S_ISDIR(o.st.stx_mode) ? permit_ask(s, &o, DAC_EXEC) : 0;
	object_done(&o);
	return r;
}

/* Asked again for every name that is looked up there. */
int permit_search(struct session *s, struct hpath dir)
{
	struct searched *last = &s->identity->searched;

	if (last->name.len && strcmp(last->name.s, dir.s) == 0)
		return last->error;
	last->error = search(s, dir.s);
	pathbuf_set(&last->name, dir.s);
	return last->error;
}

static int ask_follow(struct session *s, const struct owner *link, const char *dir)
{
	struct owner dir_owner;
	struct object o;

	if (object_named(s, dir, &o) < 0)
		return 0;
	object_owner(call_of(s), &o, &dir_owner);
	object_done(&o);
	return dac_may_follow(permit_asker(s), &dir_owner, link, &s->identity->sysctls);
}

/* One's own links are followed without a look at where they lie. */
int permit_follow(struct session *s, struct hpath link)
{
	struct owner owner;
	struct pathbuf dir;
	struct object o;

	if (!s->identity->sysctls.symlinks || !canon_is_at_end(&s->walk) ||
	    object_named(s, link.s, &o) < 0)
		return 0;
	object_owner(call_of(s), &o, &owner);
	object_done(&o);
	if (owner.uid == permit_asker(s)->fsuid || directory_of(link.s, &dir) < 0)
		return 0;
	return ask_follow(s, &owner, dir.s);
}

bool permit_clear_way(struct session *s, struct hpath p)
{
	struct pathbuf dir;
	struct object o;
	bool cleared;

	if (directory_of(p.s, &dir) < 0 || object_named(s, dir.s, &o) < 0)
		return false;
	cleared = S_ISDIR(o.st.stx_mode) && !(o.st.stx_mode & S_IXUSR) &&
		  permit_open_up(s, &o, DAC_EXEC);
	object_done(&o);
	return cleared;
}
