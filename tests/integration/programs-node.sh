#!/bin/bash
# Node with the host for its root runs as without pr: its thread pool, workers, sockets, children, hot code.
# needs: node
# timeout: 200
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

cat >prog.js <<'JS'
'use strict';
const fs = require('fs'), path = require('path'), net = require('net');
const { Worker, isMainThread, workerData, parentPort } = require('worker_threads');
const { spawnSync, execFileSync } = require('child_process');

const here = fs.realpathSync('.');

// Each call's right answer, or the error's name, as a string.
function round(dir) {
	const told = [];
	const tell = f => { try { told.push(String(f())); } catch (e) { told.push(e.code); } };
	tell(() => fs.readFileSync(path.join(dir, 'file'), 'utf8').trim());
	tell(() => fs.statSync(path.join(dir, 'link')).size);
	tell(() => fs.lstatSync(path.join(dir, 'link')).isSymbolicLink());
	tell(() => fs.readlinkSync(path.join(dir, 'link')));
	tell(() => fs.statSync(path.join(dir, 'missing')));
	tell(() => fs.accessSync(path.join(dir, 'file/x')));
	tell(() => path.relative(here, fs.realpathSync.native(path.join(dir, 'link'))));
	tell(() => path.relative(here, process.cwd()) === '');
	return told.join(' ');
}

function distinct(n, f) {
	const all = new Set();
	for (let i = 0; i < n; i++)
		all.add(f(i));
	return [...all].join(' | ');
}

if (!isMainThread) {
	parentPort.postMessage(distinct(300, () => round(workerData)));
} else {
	(async () => {
		fs.mkdirSync('dir');
		fs.writeFileSync('dir/file', 'text\n');
		fs.symlinkSync('file', 'dir/link');
		console.log('calls:', distinct(2000, i => round(i % 2 ? 'dir' : here + '/dir')));
		const many = await Promise.all(Array.from({ length: 3000 }, (_, i) =>
			fs.promises[i % 2 ? 'readFile' : 'stat']('dir/link').then(r => r.size || r.length)));
		console.log('thread pool:', [...new Set(many)].join());
		const workers = await Promise.all(Array.from({ length: 4 }, () => new Promise((yes, no) =>
			new Worker(__filename, { workerData: here + '/dir' }).on('message', yes).on('error', no))));
		console.log('workers:', [...new Set(workers)].join());
		await new Promise(yes => {
			const server = net.createServer(c => c.pipe(c)).listen('sock', () => {
				const c = net.connect('sock', () => c.end('echo'));
				c.on('data', d => console.log('socket:', String(d)));
				c.on('close', () => server.close(yes));
			});
		});
		console.log('children:', distinct(10, () => String(execFileSync('/bin/cat', ['dir/link'])).trim()));
		console.log('status:', spawnSync('/bin/sh', ['-c', 'kill -TERM $$']).signal);
		fs.renameSync('dir', 'moved');
		fs.symlinkSync('moved', 'dir');
		console.log('moved:', round('dir'));
		for (const at of [1, 2]) {
			fs.writeFileSync('module.js', `exports.value = ${at};`);
			delete require.cache[require.resolve('./module.js')];
			console.log('module:', require('./module.js').value);
		}
	})();
}
JS
same_program prog.js 90 node prog.js
