# SPDX-License-Identifier: MIT
"""usage: image_archives.py DIR: the archives that image-unpack.sh puts to the unpacker.

bad-*.tar must be refused, with what is told in its name's line of DIR/expected; ok-*.tar must not.
Nothing of either may be made outside the target: they aim at /tmp/pr-image-outside and "../outside".
"""
import bz2
import gzip
import io
import lzma
import os
import sys
import tarfile

OUT = sys.argv[1]
OUTSIDE = "/tmp/pr-image-outside"
expected = open(os.path.join(OUT, "expected"), "w", encoding="utf-8")


def entry(name, kind=tarfile.REGTYPE, data=b"", link="", **more):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, len(data), link
    info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    info.mtime = 1000000000
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


def directory(name, **more):
    return entry(name, tarfile.DIRTYPE, **more)


def symlink(name, to, **more):
    return entry(name, tarfile.SYMTYPE, link=to, **more)


def hardlink(name, to):
    return entry(name, tarfile.LNKTYPE, link=to)


def archive(name, *entries, form=tarfile.PAX_FORMAT):
    path = os.path.join(OUT, name + ".tar")
    with tarfile.open(path, "w", format=form, encoding="utf-8", errors="surrogateescape") as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return path


def bad(name, told, *entries, **more):
    print("bad-" + name, told, file=expected)
    return archive("bad-" + name, *entries, **more)


def ok(name, *entries, **more):
    return archive("ok-" + name, *entries, **more)


bad("dotdot", "'a/../../outside'", directory("a"), entry("a/../../outside", data=b"x"))
bad("dotdot-front", "'../outside'", entry("../outside", data=b"x"))
bad("dotdot-dir", "'../'", directory(".."))
bad("hardlink-out", "'h'", hardlink("h", "../outside"))
bad("hardlink-missing", "'h'", hardlink("h", "nowhere"))
bad("hardlink-loop", "'h'", hardlink("h", "i"), hardlink("i", "h"))
bad("hardlink-root", "'h'", hardlink("h", "/"))
bad("root-is-file", "'.'", entry(".", data=b"x"))
bad("whiteout-dots", "'a/.wh...'", directory("a"), entry("a/.wh..."))
bad("whiteout-dot", "'.wh..'", entry(".wh.."))
bad("whiteout-nothing", "'a/.wh.'", directory("a"), entry("a/.wh."))
bad("below-whiteout", "'.wh.a/b'", entry(".wh.a/b"))
bad("name-256", "'" + "n" * 256 + "'", entry("n" * 256))
bad("link-loop", "'l/f'", symlink("l", "l"), entry("l/f", data=b"x"))
bad("file-on-way", "'f/g'", entry("f", data=b"x"), entry("f/g", data=b"x"))
bad("escapes", r"'a\033[31m/../b'", entry("a\033[31m/../b"))

ok("name-255", entry("n" * 255, data=b"x"))
ok("absolute", entry(OUTSIDE + "/f", data=b"x"))
ok("absolute-root", directory("/"), entry("/f", data=b"x"))
ok("link-through", symlink("l", OUTSIDE), entry("l/f", data=b"x"))
ok("link-up-through", symlink("l", "../../../../.." + OUTSIDE), entry("l/f", data=b"x"))
ok("link-then-file", symlink("l", OUTSIDE + "/f"), entry("l", data=b"x"))
ok("link-then-dir", symlink("l", OUTSIDE), directory("l"), entry("l/f", data=b"x"))
ok("link-then-hardlink", symlink("l", OUTSIDE + "/f"), hardlink("h", "l"), entry("h", data=b"x"))
ok("hardlink-through", symlink("l", OUTSIDE), entry("l/f", data=b"x"), hardlink("l/g", "l/f"))
ok("duplicates", entry("f", data=b"1"), directory("f"), entry("f/g", data=b"2"),
   symlink("f", OUTSIDE), entry("f", data=b"3"))
ok("hardlink-first", hardlink("h", "f"), hardlink("i", "h"), entry("f", data=b"data"))
ok("hardlink-itself", entry("f", data=b"data"), hardlink("./f", "f"))
ok("deep", *[directory("/".join(["d"] * n)) for n in range(1, 4097)],
   entry("/".join(["d"] * 4096) + "/f", data=b"x"))
ok("empty")
bytes_name = b"caf\xe9-\xff".decode("utf-8", "surrogateescape")
ok("names", *[entry(n, data=b"x") for n in ("e\u0301", "\u00e9", bytes_name, "new\nline", "back\\slash")])
ok("names-gnu", entry(bytes_name, data=b"x"), entry("l" * 200, data=b"x"), form=tarfile.GNU_FORMAT)

# Opaque at the end, in the middle; a whiteout that its own layer has the name of; types that change.
lower = [directory("d"), directory("d/sub"), entry("d/sub/old", data=b"1"), entry("d/old", data=b"2"),
         entry("gone", data=b"3"), directory("gonedir"), entry("gonedir/f", data=b"4"),
         entry("both", data=b"5"), symlink("turns", "d"), entry("tofile/f", data=b"6"),
         entry("todir", data=b"7"), directory("mode", mode=0o700, uid=5, gid=6),
         entry("shared", data=b"8"), hardlink("shared2", "shared")]
archive("layer-1", *lower)
archive("layer-2", directory("d"), entry("d/sub/new", data=b"n1"), entry("d/.wh..wh..opq"),
        entry("d/new", data=b"n2"), entry(".wh.gone"), entry(".wh.gonedir"), entry(".wh.never"),
        entry("both", data=b"n3"), entry(".wh.both"), directory("turns"), entry("turns/f", data=b"n4"),
        entry("tofile", data=b"n5"), directory("todir"), entry("todir/f", data=b"n6"),
        directory("mode", mode=0o750, uid=7, gid=8), entry(".wh..wh.plnk/x"), entry("nowhere/.wh.f"),
        entry("shared", data=b"n7"), hardlink("shared3", "shared2"))

# Wrapped roots.
root = ["bin", "etc", "usr", "var"]
archive("strip-0", *[directory("./" + d) for d in root])
archive("strip-1", directory("debian", mode=0o700, uid=3), *[directory("debian/" + d) for d in root],
        entry("debian/etc/f", data=b"x"))
archive("strip-2", entry("metadata.yaml", data=b"x"), *[directory("a/rootfs/" + d) for d in root])

# Filters.
with open(os.path.join(OUT, "layer-1.tar"), "rb") as f:
    plain = f.read()
half = len(plain) // 2
forms = {
    "gz": gzip.compress(plain[:half]) + gzip.compress(plain[half:]),
    "xz": lzma.compress(plain),
    "bz2": bz2.compress(plain[:half]) + bz2.compress(plain[half:]),
}
for end, compressed in forms.items():
    with open(os.path.join(OUT, "filter." + end), "wb") as f:
        f.write(compressed)
with open(os.path.join(OUT, "cut.gz"), "wb") as f:
    f.write(forms["gz"][: len(forms["gz"]) * 2 // 3])
big = gzip.compress(ok("big", entry("big", data=os.urandom(1 << 20))) and
                    open(os.path.join(OUT, "ok-big.tar"), "rb").read())
with open(os.path.join(OUT, "cut-big.gz"), "wb") as f:
    f.write(big[: len(big) // 2])
with open(os.path.join(OUT, "junk"), "wb") as f:
    f.write(b"this is no archive at all\n" * 100)
expected.close()
