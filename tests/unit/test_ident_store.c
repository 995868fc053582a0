// SPDX-License-Identifier: MIT
/*
 * The owner store on real directories: what was set is told, by this store, by another one that is
 * open already and by the next, and the host's inode never carries what it must not.
 */
#include "storedir.h"

#include <dirent.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/xattr.h>

#include "ident/acl.h"
#include "ident/record.h"

static void open_store(void)
{
	if (!storedir_missing)
		reopen();
}

static bool has_xattrs(void)
{
	return storedir_kind == KIND_PLAIN || storedir_kind == KIND_NO_BTIME;
}

static void ck_told_by(struct store *s, const char *name, uint32_t uid, uint32_t gid, uint32_t mode)
{
	struct store *own = store;
	struct owner o;

	store = s;
	o = told(name);
	store = own;
	ck_assert_msg(o.uid == uid && o.gid == gid && (o.mode & 07777) == mode,
		      "%s: told %u:%u %04o, want %u:%u %04o", name, o.uid, o.gid, o.mode & 07777,
		      uid, gid, mode);
}

static void ck_told(const char *name, uint32_t uid, uint32_t gid, uint32_t mode)
{
	ck_told_by(store, name, uid, gid, mode);
}

static uint32_t on_host(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(name, &st), 0);
	return st.st_mode & 07777;
}

static void set_text(const char *name, const char *attr, const char *text)
{
	ck_assert_int_eq(setxattr(name, attr, text, strlen(text), 0), 0);
}

/* ---- owners and modes ------------------------------------------------------------------------ */

static const struct row {
	mode_t type;
	uint32_t uid, gid, mode;
} rows[] = {
	{ S_IFREG, 101, 102, 0644 },   { S_IFREG, 0, 0, 04755 },  { S_IFREG, 33, 33, 0 },
	{ S_IFREG, 0, 0, 0444 },       { S_IFREG, 0, 42, 02711 }, { S_IFREG, 65534, 65534, 0007 },
	{ S_IFDIR, 101, 102, 0755 },   { S_IFDIR, 0, 0, 01777 },  { S_IFDIR, 0, 50, 02775 },
	{ S_IFDIR, 5, 0, 0 },	       { S_IFIFO, 1, 2, 0600 },   { S_IFIFO, 0, 0, 0 },
	{ S_IFSOCK, 1, 2, 01777 },     { S_IFREG, 0, 0, 0600 },   { S_IFDIR, 0, 0, 0700 },
	{ S_IFREG, 4294967294, 1, 07777 }, { S_IFLNK, 7, 8, 0777 },
};

static void ck_host_mode(const struct row *r)
{
	uint32_t least = S_ISDIR(r->type) ? 0700 : 0600, mode = on_host("x");
	struct stat st;

	ck_assert_int_eq(lstat("x", &st), 0);
	if (storedir_kind == KIND_REAL) {
		ck_assert(st.st_uid == r->uid && st.st_gid == r->gid && mode == r->mode);
		return;
	}
	ck_assert_uint_eq(st.st_uid, geteuid());
	if (S_ISLNK(r->type))
		return;
	ck_assert_uint_eq(mode & (S_ISUID | S_ISGID), 0);
	ck_assert_uint_eq(mode & least, least);
	ck_assert_uint_eq(mode & 0077, r->mode & 0077);
}

/* From a mode that lets us in, and from one that does not. */
START_TEST(set_row)
{
	const struct row *r = &rows[_i / 2];
	uint32_t plain = S_ISLNK(r->type) ? 0777 : 0755;
	struct store *other;

	if (storedir_missing)
		return;
	other = storedir_open();
	make("x", r->type, _i % 2 ? 0 : 0644);
	ck_assert_int_eq(set("x", r->uid, r->gid, r->mode), 0);
	ck_told("x", r->uid, r->gid, r->mode);
	ck_host_mode(r);
	ck_told_by(other, "x", r->uid, r->gid, r->mode);
	reopen();
	ck_told("x", r->uid, r->gid, r->mode);
	ck_assert_int_eq(set("x", 3, 4, plain), 0);
	ck_told("x", 3, 4, plain);
	ck_told_by(other, "x", 3, 4, plain);
	/* back to what needs no record: nothing of it is left */
	ck_assert_int_eq(set("x", 0, 0, plain), 0);
	ck_told("x", 0, 0, plain);
	ck_told_by(other, "x", 0, 0, plain);
	ck_assert_uint_eq(on_host("x"), plain);
	ck_assert_int_eq((int)llistxattr("x", NULL, 0), 0);
	reopen();
	ck_told("x", 0, 0, plain);
}
END_TEST

START_TEST(device)
{
	struct owner want = { 0, 5, S_IFCHR | 0666, 1, 3 }, got;
	struct at a;

	if (storedir_missing)
		return;
	make("null", S_IFREG, 0644);
	open_at(&a, "null");
	ck_assert_int_eq(store_set(store, &a.o, &want), 0);
	close(a.o.fd);
	reopen();
	got = told("null");
	ck_assert_int_eq(memcmp(&got, &want, sizeof(got)), 0);
}
END_TEST

/* A file of a mode that kept us out is opened up for us, and looks to the guest as it did. */
START_TEST(widen)
{
	struct at a;

	if (storedir_missing)
		return;
	make("x", S_IFREG, 0);
	ck_told("x", 0, 0, 0);
	open_at(&a, "x");
	ck_assert_int_eq(store_widen(store, &a.o), 0);
	close(a.o.fd);
	ck_told("x", 0, 0, 0);
	if (storedir_kind != KIND_REAL)
		ck_assert_uint_eq(on_host("x") & 0777, 0600);
}
END_TEST

/* In a bind the user's own files are the first ids', and others' nobody's. */
START_TEST(bind)
{
	struct owner o;
	struct at a;

	reopen();
	make("x", S_IFREG, 0644);
	open_at(&a, "x");
	a.o.place = STORE_BIND;
	store_get(store, &a.o, &o);
	close(a.o.fd);
	ck_assert_uint_eq(o.uid, 0);
	open_at(&a, "/");
	a.o.place = STORE_BIND;
	store_get(store, &a.o, &o);
	ck_assert_uint_eq(o.uid, geteuid() ? 65534 : 0);
	/* not ours to change: it is remembered all the same */
	o = (struct owner){ 4, 5, S_IFDIR | 0711, 0, 0 };
	if (geteuid() != 0) {
		ck_assert_int_eq(store_set(store, &a.o, &o), 0);
		store_get(store, &a.o, &o);
		ck_assert_uint_eq(o.uid, 4);
		ck_assert_uint_eq(o.mode, S_IFDIR | 0711);
		ck_assert_int_eq(store_widen(store, &a.o), -EPERM);
	}
	close(a.o.fd);
}
END_TEST

/* ---- names ---------------------------------------------------------------------------------- */

static const mode_t types[] = { S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO };

static void move(const char *from, const char *to)
{
	ck_assert(rename_told(from, to));
}

/* An owner follows its file, alone and with the directory around it, and through a hard link. */
START_TEST(follows)
{
	uint32_t mode = S_ISLNK(types[_i]) ? 0777 : 0700;

	if (storedir_missing)
		return;
	make("d", S_IFDIR, 0755);
	make("d/x", types[_i], 0755);
	ck_assert_int_eq(set("d/x", 11, 12, mode), 0);
	move("d/x", "d/y");
	ck_told("d/y", 11, 12, mode);
	move("d", "e");
	ck_told("e/y", 11, 12, mode);
	if (!S_ISDIR(types[_i])) {
		ck_assert_int_eq(linkat(AT_FDCWD, "e/y", AT_FDCWD, "z", 0), 0);
		ck_told("z", 11, 12, mode);
		ck_assert_int_eq(set("z", 13, 14, mode), 0);
		ck_told("e/y", 13, 14, mode);
		ck_assert_int_eq(set("z", 11, 12, mode), 0);
	}
	reopen();
	ck_told("e/y", 11, 12, mode);
}
END_TEST

/* The next object of the same inode number and name is another, and who has it open keeps it. */
START_TEST(forgets)
{
	bool is_dir = S_ISDIR(types[_i]);
	struct owner o;
	struct at a;

	if (storedir_missing)
		return;
	make("x", types[_i], 0755);
	ck_assert_int_eq(set("x", 11, 12, 0700), 0);
	open_at(&a, "x");
	ck_assert_int_eq(is_dir ? rmdir("x") : unlink("x"), 0);
	store_forget(store, &a.o);
	ck_assert_int_eq(host_stat(a.o.fd, &a.st), 0);
	store_get(store, &a.o, &o);
	ck_assert_uint_eq(o.uid, 11);
	close(a.o.fd);
	for (int i = 0; i < 50; i++) {
		make("x", types[_i], 0755);
		ck_told("x", 0, 0, S_ISLNK(types[_i]) ? 0777 : 0755);
		ck_assert_int_eq(is_dir ? rmdir("x") : unlink("x"), 0);
	}
	reopen();
	make("x", types[_i], 0755);
	ck_told("x", 0, 0, S_ISLNK(types[_i]) ? 0777 : 0755);
}
END_TEST

/* The same where nobody told us: the new one has no index bit, or another birth time. */
START_TEST(replaced)
{
	if (storedir_missing || S_ISLNK(types[_i]))
		return;
	for (int i = 0; i < 50; i++) {
		make("x", types[_i], 0755);
		ck_assert_int_eq(set("x", 11, 12, 0700), 0);
		ck_assert_int_eq(S_ISDIR(types[_i]) ? rmdir("x") : unlink("x"), 0);
		make("x", types[_i], 0755);
		ck_told("x", 0, 0, 0755);
		ck_assert_int_eq(S_ISDIR(types[_i]) ? rmdir("x") : unlink("x"), 0);
	}
}
END_TEST

/* ---- xattrs --------------------------------------------------------------------------------- */

static const char cap[] = "security.capability";
static const char caps2[20] = { 1, 0, 0, 2, 0, 4 }; /* version 2, cap_net_bind_service */
static const char caps3[24] = { 1, 0, 0, 3, 0, 4 }; /* version 3, of root 0 */

static ssize_t list_x(const char *name, char *buf, size_t size)
{
	struct at a;
	ssize_t n;

	open_at(&a, name);
	n = store_listxattr(store, &a.o, buf, size);
	close(a.o.fd);
	return n;
}

START_TEST(capability)
{
	char list[256], value[32];

	if (storedir_missing)
		return;
	make("x", S_IFREG, 0555);
	ck_assert_int_eq(get_x("x", cap, value, 8), -ENODATA);
	ck_assert_int_eq(remove_x("x", cap), -ENODATA);
	ck_assert_int_eq(set_x("x", cap, "abcd", 4, 0), -EINVAL);
	ck_assert_int_eq(set_x("x", cap, caps2, 20, 4), -EINVAL);
	ck_assert_int_eq(set_x("x", cap, caps2, 20, XATTR_REPLACE), -ENODATA);
	ck_assert_int_eq(set_x("x", cap, caps2, 20, 0), 0);
	ck_told("x", 0, 0, 0555);
	ck_assert_int_eq(set_x("x", cap, caps2, 20, XATTR_CREATE), -EEXIST);
	reopen();
	ck_assert_int_eq(get_x("x", cap, NULL, 0), 20);
	ck_assert_int_eq(get_x("x", cap, value, 19), -ERANGE);
	ck_assert_int_eq(get_x("x", cap, value, 32), 20);
	ck_assert_int_eq(memcmp(value, caps2, 20), 0);
	ck_assert_int_eq(list_x("x", list, sizeof(list)), sizeof(cap));
	ck_assert_str_eq(list, cap);
	ck_assert_int_eq(list_x("x", NULL, 0), sizeof(cap));
	ck_assert_int_eq(list_x("x", list, 3), -ERANGE);
	ck_assert_int_eq(set_x("x", cap, caps3, 24, 0), 0);
	ck_assert_int_eq(get_x("x", cap, value, 32), 20);
	ck_assert_int_eq(memcmp(value, caps2, 20), 0);
	ck_assert_int_eq(set("x", 0, 0, 0600), 0);
	ck_assert_int_eq(get_x("x", cap, value, 32), 20);
	ck_assert_int_eq(remove_x("x", cap), 0);
	ck_assert_int_eq(remove_x("x", cap), -ENODATA);
	ck_assert_int_eq(list_x("x", list, sizeof(list)), 0);
	ck_assert_int_eq(set_x("x", cap, caps2, 20, 0), 0);
	ck_assert_int_eq(set("x", 1, 1, 0600), 0); /* another owner takes it away */
	ck_assert_int_eq(get_x("x", cap, value, 32), -ENODATA);
	ck_told("x", 1, 1, 0600);
}
END_TEST

/* On what cannot carry any, of any size and name. */
START_TEST(trusted)
{
	static char big[60000], back[60001];
	char name[256] = "trusted.";

	if (storedir_missing)
		return;
	memset(big, 'x', sizeof(big));
	memset(name + 8, 'n', 247);
	make("x", types[_i], 0755);
	ck_assert_int_eq(set_x("x", "trusted.a", "1", 1, 0), 0);
	ck_assert_int_eq(set_x("x", "trusted.empty", "", 0, 0), 0);
	ck_assert_int_eq(set_x("x", name, "long", 4, 0), 0);
	ck_assert_int_eq(set_x("x", "trusted.big", big, sizeof(big), 0), 0);
	ck_assert_int_eq(set_x("x", "trusted.big", big, 65537, 0), -E2BIG);
	reopen();
	ck_assert_int_eq(get_x("x", "trusted.a", back, 5), 1);
	ck_assert_int_eq(get_x("x", "trusted.empty", back, 5), 0);
	ck_assert_int_eq(get_x("x", name, back, 5), 4);
	ck_assert_int_eq(get_x("x", "trusted.big", back, sizeof(back)), sizeof(big));
	ck_assert_int_eq(memcmp(back, big, sizeof(big)), 0);
	ck_assert_int_eq(list_x("x", NULL, 0), 10 + 14 + 256 + 12);
	ck_assert_int_eq(set_x("x", "trusted.big", "small", 5, 0), 0);
	ck_assert_int_eq(get_x("x", "trusted.big", back, sizeof(back)), 5);
	ck_assert_int_eq(remove_x("x", name), 0);
	ck_assert_int_eq(remove_x("x", "trusted.big"), 0);
	reopen();
	ck_assert_int_eq(list_x("x", NULL, 0), 10 + 14);
}
END_TEST

/* ---- access lists ---------------------------------------------------------------------------- */

struct list_row {
	uint16_t tag, perm;
	uint32_t id;
};

static size_t list_value(const struct list_row *row, size_t n, char *ret)
{
	struct acl *a = talloc_size(ctx, sizeof(*a) + n * sizeof(a->entries[0]));

	a->count = n;
	for (size_t i = 0; i < n; i++)
		a->entries[i] = (struct acl_entry){ row[i].tag, row[i].perm, row[i].id };
	acl_print(a, ret);
	return acl_size(a);
}

static const struct list_row full[] = {
	{ ACL_TAG_USER_OBJ, 6, 0 }, { ACL_TAG_USER, 7, 1000 }, { ACL_TAG_GROUP_OBJ, 4, 0 },
	{ ACL_TAG_MASK, 5, 0 },	    { ACL_TAG_OTHER, 0, 0 },
};
static const struct list_row minimal[] = {
	{ ACL_TAG_USER_OBJ, 7, 0 }, { ACL_TAG_GROUP_OBJ, 1, 0 }, { ACL_TAG_OTHER, 4, 0 },
};

static unsigned mask_of(const char *name)
{
	char value[256];
	ssize_t n = get_x(name, ACL_ACCESS_XATTR, value, sizeof(value));
	struct acl *a;

	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(acl_parse(ctx, value, (size_t)n, &a), 0);
	return a->entries[3].perm;
}

/* The list makes the mode, and the mode the list, whatever the file can carry. */
START_TEST(access_list)
{
	char value[256];
	size_t size = list_value(full, 5, value);

	if (storedir_missing)
		return;
	make("x", types[_i], 0644);
	if (S_ISLNK(types[_i])) {
		ck_assert_int_eq(set_x("x", ACL_ACCESS_XATTR, value, size, 0), -EOPNOTSUPP);
		ck_assert_int_eq(get_x("x", ACL_ACCESS_XATTR, NULL, 0), -EOPNOTSUPP);
		return;
	}
	ck_assert_int_eq(set_x("x", ACL_ACCESS_XATTR, value, size, 0), 0);
	ck_told("x", 0, 0, 0650);
	ck_assert_int_eq(set_x("x", ACL_ACCESS_XATTR, value, size, XATTR_CREATE), 0);
	ck_assert_int_eq(set("x", 5, 6, 02701), 0);
	ck_told("x", 5, 6, 02701);
	ck_assert_uint_eq(mask_of("x"), 0);
	reopen();
	ck_assert_int_eq(set("x", 5, 6, 0770), 0);
	ck_assert_uint_eq(mask_of("x"), 7);
	size = list_value(minimal, 3, value);
	ck_assert_int_eq(set_x("x", ACL_ACCESS_XATTR, value, size, 0), 0);
	ck_assert_int_eq(get_x("x", ACL_ACCESS_XATTR, NULL, 0), -ENODATA);
	ck_told("x", 5, 6, 0714);
	ck_assert_int_eq(remove_x("x", ACL_ACCESS_XATTR), 0);
	value[5] = 3;
	ck_assert_int_eq(set_x("x", ACL_ACCESS_XATTR, value, size, 0), -EINVAL);
	value[0] = 3;
	ck_assert_int_eq(set_x("x", ACL_ACCESS_XATTR, value, size, 0), -EOPNOTSUPP);
	size = list_value(full, 5, value);
	ck_assert_int_eq(set_x("x", ACL_DEFAULT_XATTR, value, size, 0),
			 S_ISDIR(types[_i]) ? 0 : -EACCES);
	ck_assert_int_eq(get_x("x", ACL_DEFAULT_XATTR, NULL, 0),
			 S_ISDIR(types[_i]) ? (ssize_t)size : -ENODATA);
	ck_assert_int_eq(set_x("x", ACL_DEFAULT_XATTR, "", 0, 0), 0);
	ck_assert_int_eq(get_x("x", ACL_DEFAULT_XATTR, NULL, 0), -ENODATA);
	ck_assert_int_eq(list_x("x", NULL, 0), 0);
}
END_TEST

/* ---- the tree ------------------------------------------------------------------------------- */

/* A fresh tree's sticky directories stay so, and the root has a record. */
START_TEST(fresh_tree)
{
	make("tmp", S_IFDIR, 01777);
	make("f", S_IFREG, 0644);
	reopen();
	ck_told("tmp", 0, 0, 01777);
	ck_told("f", 0, 0, 0644);
	ck_told(".", 0, 0, 0755);
	ck_assert_uint_ne(on_host(".") & S_ISVTX, 0);
	ck_assert_int_gt((int)getxattr(".", RECORD_XATTR, NULL, 0), 0);
	ck_assert_int_gt((int)getxattr("tmp", RECORD_XATTR, NULL, 0), 0);
	ck_assert_uint_eq(on_host("f"), 0644);
	/* one that came later, by whomever */
	make("later", S_IFDIR, 01777);
	ck_told("later", 0, 0, 01777);
	ck_assert_int_eq(set("tmp", 0, 0, 0755), 0);
	ck_told("tmp", 0, 0, 0755);
	reopen();
	ck_told("tmp", 0, 0, 0755);
	ck_told("later", 0, 0, 01777);
}
END_TEST

static void write_meta(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void make_foreign(void)
{
	make("podman", S_IFDIR, 0700);
	set_text("podman", RECORD_XATTR, "0:0:0555:dir");
	make("podman/sudo", S_IFREG, 0700);
	set_text("podman/sudo", RECORD_XATTR, "0:0:4755:file");
	make("podman/null", S_IFREG, 0700);
	set_text("podman/null", RECORD_XATTR, "0:5:0666:char-1-3");
	make("podman/bad", S_IFREG, 0640);
	set_text("podman/bad", RECORD_XATTR, "nonsense");
	make("podman/fuse", S_IFREG, 0700);
	set_text("podman/fuse", RECORD_FUSE_XATTR, "33:34:104755");
	make("podman/both", S_IFDIR, 0700);
	set_text("podman/both", RECORD_XATTR, "0:0:0777");
	set_text("podman/both", RECORD_FUSE_XATTR, "7:0:41777");
	make("umoci", S_IFREG, 0600);
	set_text("umoci", RECORD_ROOTLESS_XATTR, "\x08\x65\x10\x66");
	set_text("umoci", "user.other", "stays");
	chmod("umoci", 0004);
	make("closed", S_IFDIR, 0755);
	make("closed/f", S_IFREG, 0644);
	set_text("closed/f", RECORD_XATTR, "7:8:0600");
	chmod("closed", 0);
	make("proot", S_IFREG, 0600);
	write_meta(".proot-meta-file.proot", "4755\n0\n9\n");
	make("plink", S_IFLNK, 0);
	write_meta(".proot-meta-file.plink", "777\n8\n9\n");
	write_meta(".proot-meta-file.gone", "755\n8\n9\n");
}

static void ck_adopted(void)
{
	struct owner o;

	ck_told("podman", 0, 0, 0555);
	ck_told("podman/sudo", 0, 0, 04755);
	o = told("podman/null");
	ck_assert_uint_eq(o.mode, S_IFCHR | 0666);
	ck_assert_uint_eq(o.rdev_minor, 3);
	ck_assert_int_eq((int)get_x("podman", STORE_DEVICES_XATTR, NULL, 0), 1);
	ck_told("podman/bad", 0, 0, 0640);
	ck_told("podman/fuse", 33, 34, 04755);
	ck_told("podman/both", 7, 0, 01777);
	ck_told("umoci", 101, 102, 0004);
	ck_told("closed", 0, 0, 0);
	ck_told("closed/f", 7, 8, 0600);
	ck_told("proot", 0, 9, 04755);
	ck_told("plink", 8, 9, 0777);
}

START_TEST(adopts)
{
	char list[64];

	make_foreign();
	reopen();
	ck_adopted();
	ck_assert_int_lt(access(".proot-meta-file.proot", F_OK), 0);
	ck_assert_int_eq((int)getxattr("umoci", RECORD_ROOTLESS_XATTR, list, 64), -1);
	ck_assert_int_eq((int)getxattr("podman/both", RECORD_FUSE_XATTR, list, 64), -1);
	ck_assert_int_eq((int)list_x("umoci", list, sizeof(list)), sizeof("user.other"));
	reopen();
	ck_adopted();
}
END_TEST

/* A copy with xattrs and modes is a tree like any other; what cannot be copied is lost. */
START_TEST(copied)
{
	reopen();
	make("x", S_IFREG, 0644);
	ck_assert_int_eq(set("x", 9, 9, 04711), 0);
	ck_assert_int_eq(set_x("x", cap, caps2, 20, 0), 0);
	ck_assert_int_eq(system("cp -a ../root ../copy"), 0);
	ck_assert_int_eq(chdir("../copy"), 0);
	reopen();
	ck_told("x", 9, 9, 04711);
	ck_assert_int_eq(get_x("x", cap, NULL, 0), 20);
	ck_told(".", 0, 0, 0755);
}
END_TEST

/* The file beside it is the directory's, by whatever name. */
START_TEST(moved)
{
	reopen();
	make("l", S_IFLNK, 0);
	make("x", S_IFREG, 0600);
	ck_assert_int_eq(set("l", 9, 9, 0777), 0);
	ck_assert_int_eq(set("x", 9, 9, 0600), 0);
	ck_assert_int_eq(rename("../root", "../other"), 0);
	reopen();
	ck_told("l", 9, 9, 0777);
	ck_told("x", 9, 9, 0600);
}
END_TEST

/* A new directory of the same name, and maybe inode, has nothing of the old one's. */
START_TEST(made_anew)
{
	for (int i = 0; i < 20; i++) {
		reopen();
		ck_told(".", 0, 0, 0755);
		make("l", S_IFLNK, 0);
		ck_told("l", 0, 0, 0777);
		ck_assert_int_eq(set("l", 9, 9, 0777), 0);
		ck_assert_int_eq(set(".", 1, 1, 0711), 0);
		ck_assert_int_eq(unlink("l"), 0);
		ck_assert_int_eq(rmdir("../root"), 0);
		ck_assert_int_eq(mkdir("../root", 0755), 0);
		ck_assert_int_eq(chdir("../root"), 0);
	}
}
END_TEST

/* ---- the file ------------------------------------------------------------------------------- */

static char *store_file(void)
{
	struct dirent *e;
	char *name = NULL;
	DIR *d = opendir("..");

	while ((e = readdir(d)))
		if (strncmp(e->d_name, ".pr-owners-", 11) == 0)
			name = talloc_asprintf(ctx, "../%s", e->d_name);
	closedir(d);
	return name;
}

static off_t size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) < 0 ? -1 : st.st_size;
}

/* Cut at any byte, every link has one of the owners that it ever had. */
START_TEST(torn)
{
	char *file;

	make("l", S_IFLNK, 0);
	reopen();
	for (uint32_t i = 1; i <= 5; i++)
		ck_assert_int_eq(set("l", i, i, 0777), 0);
	file = store_file();
	ck_assert_int_gt(size_of(file), 4096);
	for (off_t size = size_of(file); size >= 4096; size--) {
		struct owner o;

		ck_assert_int_eq(truncate(file, size), 0);
		reopen();
		o = told("l");
		ck_assert(o.uid == o.gid && o.uid <= 5);
		if (size % 3 == 0) { /* and goes on from there */
			ck_assert_int_eq(set("l", 5, 5, 0777), 0);
			reopen();
			ck_told("l", 5, 5, 0777);
		}
	}
}
END_TEST

/* It does not grow for ever, and who has it open follows. */
START_TEST(compacts)
{
	struct store *other;
	pid_t front;

	make("a", S_IFLNK, 0);
	make("b", S_IFLNK, 0);
	make("x", S_IFREG, 0);
	reopen();
	front = fork(); /* has what the store has open, as a session's front has */
	if (front == 0)
		for (;;)
			pause();
	other = storedir_open();
	ck_assert_int_eq(set("b", 77, 78, 0777), 0);
	for (uint32_t i = 1; i <= 20000; i++) {
		ck_assert_int_eq(set("a", i, i, 0777), 0);
		if (i % 1000 == 0)
			ck_told_by(other, "a", i, i, 0777);
	}
	ck_assert_int_lt(size_of(store_file()), 1 << 20);
	ck_told_by(other, "b", 77, 78, 0777);
	kill(front, SIGKILL);
	reopen();
	ck_told("a", 20000, 20000, 0777);
	ck_told("b", 77, 78, 0777);
	/* nothing to remember: nothing is there */
	ck_assert_int_eq(set("a", 0, 0, 0777), 0);
	ck_assert_int_eq(set("b", 0, 0, 0777), 0);
	ck_told_by(other, "b", 0, 0, 0777);
	ck_assert_int_eq(set("x", 0, 7, 0), 0);
	if (has_xattrs())
		ck_assert_int_eq(size_of(store_file()), 4096);
	ck_told_by(other, "x", 0, 7, 0);
}
END_TEST

/* Whatever is done to the file, who has it open loses neither it nor himself. */
START_TEST(truncated)
{
	struct store *other;
	char *file;

	make("l", S_IFLNK, 0);
	make("m", S_IFLNK, 0);
	reopen();
	other = storedir_open();
	ck_assert_int_eq(set("l", 3, 4, 0777), 0);
	ck_assert_int_eq(set("m", 5, 6, 0777), 0);
	ck_told_by(other, "m", 5, 6, 0777);
	file = store_file();
	for (off_t size = 8192; size >= 0; size -= 1024) {
		if (size < size_of(file))
			ck_assert_int_eq(truncate(file, size), 0);
		ck_told("l", 3, 4, 0777);
		ck_told_by(other, "m", 5, 6, 0777);
		ck_assert_int_eq(set("l", 7, 7, 0777), 0);
		ck_told_by(other, "l", 7, 7, 0777);
		ck_assert_int_eq(set("l", 3, 4, 0777), 0);
	}
	ck_assert_int_eq(unlink(file), 0);
	ck_told("l", 3, 4, 0777);
	ck_assert_int_eq(set("l", 7, 7, 0777), 0);
	ck_told_by(other, "l", 7, 7, 0777);
}
END_TEST

/* Where the directory around is not ours, at home; without a home, in /var/tmp. */
START_TEST(elsewhere)
{
	char *home = talloc_asprintf(ctx, "%s/home", storedir_top);

	if (geteuid() == 0)
		return;
	ck_assert_int_eq(mkdir(home, 0700), 0);
	setenv("XDG_DATA_HOME", home, 1);
	ck_assert_int_eq(chmod("..", 0555), 0);
	make("l", S_IFLNK, 0);
	reopen();
	ck_assert_int_eq(set("l", 3, 4, 0777), 0);
	reopen();
	ck_told("l", 3, 4, 0777);
	ck_assert_ptr_null(store_file());
	ck_assert_int_eq(chmod("..", 0755), 0);
	reopen();
	ck_told("l", 3, 4, 0777);
	ck_assert_int_eq(system("ls ../home/pr/owners | wc -l | grep -q '^1$'"), 0);
}
END_TEST

/* ---- the suite ------------------------------------------------------------------------------ */

static void add(Suite *s, const char *name, const TTest *test, int n)
{
	storedir_add_everywhere(s, name, open_store, test, n);
}

static void add_bare(Suite *s, const char *name, const TTest *test)
{
	storedir_add(s, name, KIND_PLAIN, test, 1);
}

static Suite *suite(void)
{
	Suite *s = suite_create("ident_store");

	add(s, "set", set_row, 2 * ROWS(rows));
	add(s, "device", device, 1);
	add(s, "widen", widen, 1);
	add(s, "follows", follows, ROWS(types));
	add(s, "forgets", forgets, ROWS(types));
	add(s, "replaced", replaced, ROWS(types));
	add(s, "capability", capability, 1);
	add(s, "trusted", trusted, ROWS(types));
	add(s, "access_list", access_list, ROWS(types));
	add_bare(s, "bind", bind);
	add_bare(s, "fresh_tree", fresh_tree);
	add_bare(s, "adopts", adopts);
	add_bare(s, "copied", copied);
	add_bare(s, "moved", moved);
	storedir_add(s, "moved", KIND_NO_XATTR, moved, 1);
	add_bare(s, "made_anew", made_anew);
	add_bare(s, "torn", torn);
	add_bare(s, "compacts", compacts);
	storedir_add(s, "compacts", KIND_NO_XATTR, compacts, 1);
	add_bare(s, "truncated", truncated);
	add_bare(s, "elsewhere", elsewhere);
	return s;
}

UNIT_MAIN(suite)
