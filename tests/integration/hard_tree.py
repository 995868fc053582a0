# SPDX-License-Identifier: MIT
"""A rootfs archive of all that is hard to keep, and what an archive says, in one form.

usage: hard_tree.py make OUT | hard_tree.py facts TAR
"""
import hashlib
import io
import struct
import sys
import tarfile

MTIME = '1000000000.123456789'
NOBODY = 0xffffffff
CAPABILITY = struct.pack('<IIIII', 0x02000001, 1 << 10, 0, 0, 0)
LIST = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *e) for e in (
    (1, 6, NOBODY), (2, 5, 1000), (4, 5, NOBODY), (16, 5, NOBODY), (32, 0, NOBODY)))


def text(data):
    return data.decode('utf-8', 'surrogateescape')


class Tree:
    def __init__(self, out):
        self.tar = tarfile.open(out, 'w', format=tarfile.PAX_FORMAT, errors='surrogateescape')

    def add(self, name, kind=tarfile.REGTYPE, data=b'', mtime=MTIME, xattrs=(), **more):
        info = tarfile.TarInfo('./' + name)
        info.type, info.size, info.mtime = kind, len(data), int(mtime.split('.')[0])
        info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
        info.pax_headers = {'mtime': mtime}
        for key, value in xattrs:
            info.pax_headers['SCHILY.xattr.' + key] = text(value)
        for key, value in more.items():
            setattr(info, key, value)
        self.tar.addfile(info, io.BytesIO(data))

    def dir(self, name, **more):
        self.add(name, tarfile.DIRTYPE, **more)

    def link(self, name, to, kind=tarfile.SYMTYPE, **more):
        self.add(name, kind, linkname=to, mode=0o777, **more)

    def device(self, name, kind, major, minor, **more):
        self.add(name, kind, devmajor=major, devminor=minor, **more)

    def sparse(self, name):
        head = b'3\n0\n4096\n1048576\n4096\n5000000000\n0\n'.ljust(512, b'\0')
        info = tarfile.TarInfo('./GNUSparseFile.0/' + name)
        info.size, info.mtime = len(head) + 8192, 5
        info.pax_headers = {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0',
                            'GNU.sparse.name': './' + name, 'GNU.sparse.realsize': '5000000000'}
        self.tar.addfile(info, io.BytesIO(head + b'A' * 4096 + b'B' * 4096))


def names(t):
    t.dir('n', mode=0o1777, uid=5, gid=6)
    for byte in set(range(1, 256)) - {ord('/')}:
        t.add('n/c' + text(bytes([byte])), data=bytes([byte]))
    for name in 'n' * 255, text(b'\xff' * 255), '-rf', '.wh.name', '.wh..wh..opq', '.pr-owners-1':
        t.add('n/' + name, data=b'x')
    t.dir('n/' + 'd' * 255)
    t.add('n/' + 'd' * 255 + '/' + 'e' * 255)


def attributes(t):
    t.dir('closed', mode=0, uid=7, gid=8, mtime='999999999.987654321')
    t.add('closed/in', data=b'inside', mode=0, uid=9, gid=10)
    t.dir('closed/deep', mode=0o111)
    t.add('closed/deep/f', data=b'y', mode=0o222)
    t.add('suid', data=b'#!', mode=0o4755, gid=50)
    t.add('sgid', data=b'#!', mode=0o2711, uid=3, gid=4)
    t.dir('sgdir', mode=0o2775, gid=50)
    t.add('cap', mode=0o755, xattrs=[('security.capability', CAPABILITY)])
    t.add('list', mode=0o650, xattrs=[('system.posix_acl_access', LIST)])
    t.dir('lists', xattrs=[('system.posix_acl_default', LIST)])
    t.add('noted', xattrs=[('trusted.t', b't' * 300), ('user.empty', b''),
                           ('user.u', b'\0\xff\n=')])
    t.add('ids', uid=4294967294, gid=3000000000)
    for name, mtime in ('old', '-86400'), ('epoch', '0'), ('future', '4294967297.000000001'):
        t.add(name, mtime=mtime)


def kinds(t):
    t.add('fifo', tarfile.FIFOTYPE, mode=0o621, uid=11, gid=12)
    t.device('null', tarfile.CHRTYPE, 1, 3, mode=0o666, uid=13)
    t.device('disk', tarfile.BLKTYPE, 259, 1048575, mode=0o660, gid=6)
    t.device('none', tarfile.CHRTYPE, 0, 0, mode=0o600)
    t.link('link', '/nowhere/\n' + text(b'\xfe'), uid=14, gid=15, mtime='-7')
    t.link('long', 'x' * 4095)
    t.link('noted-link', 'a', xattrs=[('trusted.l', b'1')])
    t.add('hard1', data=b'hard', uid=16)
    for name, to in ('hard2', 'hard1'), ('hard3', 'hard1'), ('link2', 'link'), ('null2', 'null'):
        t.link(name, './' + to, tarfile.LNKTYPE)
    t.sparse('sparse')


def make(out):
    t = Tree(out)
    for name in '', 'bin', 'etc', 'usr', 'var':
        t.dir(name)
    names(t)
    attributes(t)
    kinds(t)
    t.tar.close()


def clean(name):
    return name.removeprefix('./').strip('/')


def time_of(info):
    whole = info.pax_headers.get('mtime', str(int(info.mtime)))
    return whole.rstrip('0').rstrip('.') if '.' in whole else whole


def fact(tar, info):
    if info.islnk():
        return clean(info.name), 'one with', clean(info.linkname)
    content = b''
    if info.isreg() and info.size < 1 << 20:
        content = tar.extractfile(info).read()
    return (clean(info.name), info.type, oct(info.mode), info.uid, info.gid, time_of(info),
            info.linkname, info.size if info.isreg() else 0,
            (info.devmajor, info.devminor) if info.type in (b'3', b'4') else '',
            hashlib.sha256(content).hexdigest(),
            sorted(x for x in info.pax_headers.items() if x[0].startswith('SCHILY.xattr')))


def facts(file):
    with tarfile.open(file, errors='surrogateescape') as tar:
        print('\n'.join(sorted(ascii(fact(tar, info)) for info in tar)))


if __name__ == '__main__':
    {'make': make, 'facts': facts}[sys.argv[1]](sys.argv[2])
