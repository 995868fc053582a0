# SPDX-License-Identifier: MIT
"""Writes archives of images as the tools of the world do, and broken ones.

usage: images.py KIND OUT     each KIND is a function below
"""
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile


def sha(data):
    return hashlib.sha256(data).hexdigest()


def layer(files):
    """A layer's tar: {name: content}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w') as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def config(layers, arch='amd64', **more):
    c = {'architecture': arch, 'os': 'linux', 'created': '2024-05-06T07:08:09.123456789Z',
         'config': {'Env': ['PATH=/bin', 'LD_PRELOAD=/evil'], 'Cmd': ['sh'], 'Entrypoint': None,
                    'Volumes': {'/data': {}}, 'User': '7:8', 'WorkingDir': '/w'},
         'rootfs': {'type': 'layers', 'diff_ids': ['sha256:' + sha(x) for x in layers]},
         'history': None}
    c.update(more)
    return json.dumps(c).encode()


class Tar:
    """Members in the order in which they are added."""

    def __init__(self, out):
        self.tar = tarfile.open(out, 'w')

    def add(self, name, data):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self.tar.addfile(info, io.BytesIO(data))

    def link(self, name, target, kind=tarfile.SYMTYPE):
        info = tarfile.TarInfo(name)
        info.type = kind
        info.linkname = target
        self.tar.addfile(info)

    def json(self, name, value):
        self.add(name, json.dumps(value).encode())

    def blob(self, data):
        self.add('blobs/sha256/' + sha(data), data)
        return {'digest': 'sha256:' + sha(data), 'size': len(data)}

    def close(self):
        self.tar.close()


A, B, C = (layer({'a': b'A' * 1000}), layer({'b': b'B' * 70000}), layer({'c': b''}))
OCI = 'application/vnd.oci.image.'
DOCKER = 'application/vnd.docker.'


# ---- docker's ----

def legacy(out):
    """docker save before 25: two images, an equal layer as a link, repositories."""
    t = Tar(out)
    for name, data in (('1' * 64, A), ('2' * 64, B)):
        t.add(name + '/VERSION', b'1.0')
        t.add(name + '/json', b'{"id":"x"}')
        t.add(name + '/layer.tar', data)
    t.link('3' * 64 + '/layer.tar', '../' + '1' * 64 + '/layer.tar')
    items = []
    for layers, names, tags in (((A, B), '12', ['one:1', 'example.com:5000/one']),
                                ((A, A), '13', None)):
        c = config(layers)
        t.add(sha(c) + '.json', c)
        items.append({'Config': sha(c) + '.json', 'RepoTags': tags,
                      'Layers': [n * 64 + '/layer.tar' for n in names]})
    t.json('manifest.json', items)
    t.json('repositories', {'one': {'1': '2' * 64}, 'two': {'2': '3' * 64}})
    t.close()


def docker25(out):
    """docker save of 25.0: sizes that are wrong and nulls in index.json, manifest.json in front."""
    t = Tar(out)
    c = config((A, B))
    t.json('manifest.json', [{
        'Config': 'blobs/sha256/' + sha(c), 'RepoTags': ['new:25'],
        'Layers': ['blobs/sha256/' + sha(x) for x in (A, B)],
        'LayerSources': {'sha256:' + sha(A): {'mediaType': OCI + 'layer.v1.tar', 'size': 7}}}])
    t.json('index.json', {'schemaVersion': 2, 'manifests': [
        {'mediaType': OCI + 'manifest.v1+json', 'digest': 'sha256:' + '0' * 64, 'size': 1}]})
    t.json('oci-layout', {'imageLayoutVersion': '1.0.0'})
    for data in (A, B, c):
        t.blob(data)
    t.close()


def crane(out):
    """ggcr: the config by its digest, layers gzipped and named by what they are then."""
    t = Tar(out)
    c, z = config((A, B)), [gzip.compress(x, mtime=0) for x in (A, B)]
    t.add('sha256:' + sha(c), c)
    for data in z:
        t.add(sha(data) + '.tar.gz', data)
    t.json('manifest.json', [{'Config': 'sha256:' + sha(c), 'RepoTags': ['gcr.io/x/crane:v1'],
                              'Layers': [sha(data) + '.tar.gz' for data in z]}])
    t.close()


def bazel(out):
    """Names of its own choice, "./" in front, gzip in what is called tar, a hard link."""
    t = Tar(out)
    c = config((A, A))
    t.add('./config.json', c)
    t.add('./first/layer.tar', gzip.compress(A))
    t.link('./second/layer.tar', './first/layer.tar', tarfile.LNKTYPE)
    t.json('./manifest.json', [{'Config': 'config.json', 'RepoTags': ['bazel/x:y'],
                                'Layers': ['first/layer.tar', 'second/layer.tar'],
                                'Parent': None}])
    t.close()


# ---- OCI's ----

def image(t, layers, arch='amd64', zip_with=gzip.compress, suffix='+gzip', kind=OCI, **more):
    c = config(layers, arch, **more)
    docker = kind == DOCKER
    m = {'schemaVersion': 2,
         'mediaType': DOCKER + 'distribution.manifest.v2+json' if docker else
                      OCI + 'manifest.v1+json',
         'config': {'mediaType': DOCKER + 'container.image.v1+json' if docker else
                    OCI + 'config.v1+json', **t.blob(c)},
         'layers': [{'mediaType': DOCKER + 'image.rootfs.diff.tar.gzip' if docker else
                     OCI + 'layer.v1.tar' + suffix, **t.blob(zip_with(x))} for x in layers],
         'annotations': None}
    return {'mediaType': m['mediaType'], **t.blob(json.dumps(m).encode())}


def finish(t, manifests):
    t.json('oci-layout', {'imageLayoutVersion': '1.0.0'})
    t.json('index.json', {'schemaVersion': 2, 'manifests': manifests})
    t.close()


def named(entry, name):
    return {**entry, 'annotations': {'org.opencontainers.image.ref.name': name}}


def nested(out):
    """An index in the index, for several platforms, with an attestation; blobs first."""
    t = Tar(out)
    inner = []
    for arch, variant in (('arm64', 'v8'), ('amd64', None), ('arm', 'v7')):
        p = {'architecture': arch, 'os': 'linux'}
        if variant:
            p['variant'] = variant
        inner.append({**image(t, (layer({arch: b'x'}),), arch), 'platform': p})
    inner.insert(0, {**image(t, (C,), 'unknown'), 'platform': {'architecture': 'unknown',
                                                              'os': 'unknown'},
                     'annotations': {'vnd.docker.reference.type': 'attestation-manifest'}})
    index = json.dumps({'schemaVersion': 2, 'mediaType': OCI + 'index.v1+json',
                        'manifests': inner}).encode()
    finish(t, [{**named({'mediaType': OCI + 'index.v1+json', **t.blob(index)}, 'multi:1')}])


def variants(out):
    """Several platforms under one name in index.json itself, most of them not there."""
    t = Tar(out)
    there = image(t, (A,))
    gone = {'mediaType': OCI + 'manifest.v1+json', 'digest': 'sha256:' + '1' * 64, 'size': 9}
    finish(t, [named({**gone, 'platform': {'architecture': 's390x', 'os': 'linux'}}, 'v:1'),
               named({**gone, 'platform': {'architecture': 'amd64', 'os': 'windows'}}, 'v:1'),
               named({**there, 'platform': {'architecture': 'amd64', 'os': 'linux'}}, 'v:1')])


def foreign(out):
    """One image, for another processor."""
    t = Tar(out)
    finish(t, [named(image(t, (A,), 's390x'), 'foreign:1')])


def types(out):
    """docker's media types in an OCI layout, a layer that is not compressed though it says so."""
    t = Tar(out)
    finish(t, [named(image(t, (A, B), zip_with=lambda x: x, kind=DOCKER,
                           author='somebody'), 'types:1')])


def zstd(out):
    t = Tar(out)
    finish(t, [named(image(t, (A, B), suffix='+zstd', zip_with=lambda x: subprocess.run(
        ['zstd', '-qc'], input=x, stdout=subprocess.PIPE, check=True).stdout), 'zstd:1')])


def members(out):
    """gzip of two members in one layer, as estargz has it."""
    t = Tar(out)
    finish(t, [named(image(t, (B,), zip_with=lambda x: gzip.compress(x[:30000]) +
                           gzip.compress(x[30000:])), 'members:1')])


def many(out):
    """A hundred layers."""
    t = Tar(out)
    finish(t, [named(image(t, [layer({'f%d' % i: b'%d' % i}) for i in range(100)]), 'many:100')])


def sha512(out):
    """A layer by another digest."""
    t = Tar(out)
    z = gzip.compress(A)
    h = hashlib.sha512(z).hexdigest()
    t.add('blobs/sha512/' + h, z)
    c = t.blob(config((A,)))
    m = t.blob(json.dumps({'schemaVersion': 2, 'config': {'mediaType': OCI + 'config.v1+json', **c},
                           'layers': [{'mediaType': OCI + 'layer.v1.tar+gzip', 'size': len(z),
                                       'digest': 'sha512:' + h}]}).encode())
    finish(t, [named({'mediaType': OCI + 'manifest.v1+json', **m}, 'long:512')])


# ---- broken ones: the file's name says what must be told ----

def bad_json(out):
    t = Tar(out)
    t.add('manifest.json', b'[{"Config": ')
    t.close()


def bad_depth(out):
    t = Tar(out)
    t.add('manifest.json', b'[' * 100000)
    t.close()


def bad_length(out):
    t = Tar(out)
    t.add('manifest.json', b'[' + b' ' * (17 << 20) + b']')
    t.close()


def bad_types(out):
    t = Tar(out)
    t.json('manifest.json', [{'Config': 7, 'Layers': 'x'}])
    t.close()


def bad_null(out):
    t = Tar(out)
    t.json('manifest.json', [None, {'Config': None}])
    t.close()


def bad_member(out):
    t = Tar(out)
    t.json('manifest.json', [{'Config': 'gone.json', 'Layers': []}])
    t.close()


def bad_loop(out):
    t = Tar(out)
    t.link('a', 'b')
    t.link('b', 'a')
    t.json('manifest.json', [{'Config': 'a', 'Layers': []}])
    t.close()


def bad_outside(out):
    """A member that leads out of the archive."""
    t = Tar(out)
    t.link('x', '/etc/passwd')
    t.json('manifest.json', [{'Config': '../../../etc/passwd', 'Layers': ['x']}])
    t.close()


def bad_diffid(out):
    t = Tar(out)
    c = config((A, B))
    t.add('c', c)
    t.add('l1', A)
    t.add('l2', C)
    t.json('manifest.json', [{'Config': 'c', 'Layers': ['l1', 'l2']}])
    t.close()


def bad_count(out):
    t = Tar(out)
    t.add('c', config((A, B)))
    t.add('l1', A)
    t.json('manifest.json', [{'Config': 'c', 'Layers': ['l1']}])
    t.close()


def bad_config(out):
    """A legacy config that is not what its name says."""
    t = Tar(out)
    t.add('1' * 64 + '.json', config((A,)))
    t.add('l', A)
    t.json('manifest.json', [{'Config': '1' * 64 + '.json', 'Layers': ['l']}])
    t.close()


def bad_name(out):
    t = Tar(out)
    t.add('c', config((A,)))
    t.add('l', A)
    t.json('manifest.json', [{'Config': 'c', 'Layers': ['l'], 'RepoTags': ['../../x:y']}])
    t.close()


def bad_digest(out):
    """One byte of a layer's blob is another."""
    t = Tar(out)
    entry = image(t, (A, B))
    finish(t, [entry])
    data = open(out, 'rb').read()
    at = data.index(gzip.compress(B)[20:])
    open(out, 'wb').write(data[:at + 40] + bytes([data[at + 40] ^ 1]) + data[at + 41:])


def bad_size(out):
    t = Tar(out)
    entry = image(t, (A,))
    finish(t, [{**entry, 'size': entry['size'] + 1}])


def bad_path(out):
    """A digest that would be a path."""
    t = Tar(out)
    entry = image(t, (A,))
    finish(t, [{**entry, 'digest': 'sha256:../../../../etc/passwd'}])


def bad_cycle(out):
    """Indexes within indexes."""
    t = Tar(out)
    entry = image(t, (A,))
    for _ in range(20):
        entry = {'mediaType': OCI + 'index.v1+json',
                 **t.blob(json.dumps({'manifests': [entry]}).encode())}
    finish(t, [entry])


def bad_schema(out):
    t = Tar(out)
    finish(t, [{'mediaType': DOCKER + 'distribution.manifest.v1+json',
                **t.blob(b'{"schemaVersion": 1, "fsLayers": []}')}])


def bad_artifact(out):
    t = Tar(out)
    m = {'schemaVersion': 2, 'config': {'mediaType': 'application/vnd.cncf.helm.config.v1+json',
                                        **t.blob(b'{}')}, 'layers': []}
    finish(t, [{'mediaType': OCI + 'manifest.v1+json', **t.blob(json.dumps(m).encode())}])


def bad_encrypted(out):
    t = Tar(out)
    finish(t, [image(t, (A,), suffix='+gzip+encrypted')])


def bad_bomb(out):
    """A layer of eight MiB that says it is nine GiB."""
    t = Tar(out)
    z = gzip.compress(bytes(1 << 25), 9) * 272
    c = config((A,))
    t.add('c', c)
    t.add('l', z)
    t.json('manifest.json', [{'Config': 'c', 'Layers': ['l']}])
    t.close()


def bad_holes(out):
    """A config of a petabyte, all of it a hole (pax_headers of tar's sparse format 1.0)."""
    t = Tar(out)
    info = tarfile.TarInfo('GNUSparseFile.0/c')
    info.size = 512
    info.pax_headers = {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'c',
                        'GNU.sparse.realsize': str(1 << 50)}
    t.tar.format = tarfile.PAX_FORMAT
    t.tar.addfile(info, io.BytesIO(b'1\n0\n0\n'.ljust(512, b'\0')))
    t.json('manifest.json', [{'Config': 'c', 'Layers': []}])
    t.close()


def bad_rootfs(out):
    """No image at all, but what could be a root file system."""
    t = Tar(out)
    t.add('etc/passwd', b'root:x:0:0::/:/bin/sh\n')
    t.close()


def bad_text(out):
    open(out, 'w').write('this is no archive\n' * 100)


def bad_empty(out):
    open(out, 'w').close()


def bad_short(out):
    """Cut off in the middle of a layer."""
    t = Tar(out)
    finish(t, [image(t, (A, layer({'r': os.urandom(300000)})))])
    os.truncate(out, 100000)


if __name__ == '__main__':
    globals()[sys.argv[1]](sys.argv[2])
