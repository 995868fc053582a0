# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the soak's guest does, as root in a Debian guest that has the packages of set `soak`: sourced by
# rounds.sh. Each job is a function that prints the same in every round and natively: no times, no
# process ids, no addresses. $work is an empty directory of its own.
# shellcheck disable=SC2154

# A few hundred files compiled and linked by make, all processors at work.
job_build() {
	local i
	for i in $(seq 120); do
		echo "int f$i(int x) { return x * $i + sizeof(struct { char c[$i]; }); }" >"f$i.c"
	done
	{
		for i in $(seq 120); do echo "int f$i(int);"; done
		echo '#include <stdio.h>'
		echo 'int main(void) { long s = 0;'
		for i in $(seq 120); do echo "s += f$i($i);"; done
		printf '%s\n' 'printf("%ld\n", s);' 'return 0; }'
	} >main.c
	# shellcheck disable=SC2016 # for make
	printf '%s\n' 'program: $(patsubst %.c,%.o,$(wildcard *.c))' '	gcc -o $@ $^' '%.o: %.c' \
		'	gcc -O2 -c -o $@ $<' >Makefile
	make -s -j"$(nproc)" program && ./program
	cat f*.o main.o | cksum
	make -s -j"$(nproc)" -q program; echo "up to date: $?"
}

# Packages come and go; the archives stay in the guest's cache after the first time.
job_apt() {
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq -y install bc tree >log 2>&1 || tail -5 log
	echo '2^200' | bc
	tree --version | cut -d' ' -f1
	dpkg --verify bc tree
	stat -c "%U:%G %a %n" /usr/bin/bc
	apt-get -qq -y purge bc tree >log 2>&1 || tail -5 log
	dpkg --audit
	find /usr/bin/bc /usr/bin/tree 2>&1
}

job_git() {
	local i
	export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000' HOME=$work
	git config --global user.email a@b && git config --global user.name n
	git config --global init.defaultBranch main
	git init -q repo && cd repo || return
	mkdir -p a/b c
	for i in $(seq 400); do echo "file $i" >"a/b/f$i"; seq "$i" >"c/g$i"; done
	git add -A && git commit -qm one
	for i in $(seq 15); do echo "more" >>"a/b/f$i"; git commit -qam "change $i"; done
	git clone -q . ../copy && cd ../copy || return
	git gc -q && git fsck 2>&1 && git status --short
	git rev-parse HEAD && git ls-files | wc -l
}

# Threads, children, pipes, many small files.
job_node() {
	cat >script.js <<-'END'
	const fs = require('fs'), crypto = require('crypto'), zlib = require('zlib');
	const { execFileSync } = require('child_process');
	const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
	const digest = (x) => crypto.createHash('sha256').update(x).digest('hex');
	if (!isMainThread) {
		let x = workerData;
		for (let i = 0; i < 20000; i++) x = digest(x);
		parentPort.postMessage(x);
	} else {
		fs.mkdirSync('many');
		for (let i = 0; i < 1000; i++) fs.writeFileSync('many/' + i, 'x'.repeat(i));
		const all = fs.readdirSync('many').sort().map((f) => fs.statSync('many/' + f).size + f).join();
		console.log(digest(all), zlib.gzipSync(all).length > 100);
		for (let i = 0; i < 30; i++) execFileSync('/bin/echo', ['a' + i]);
		let left = 4;
		for (const seed of ['a', 'b', 'c', 'd'])
			new Worker(__filename, { workerData: seed }).on('message', (m) => { 
				fs.writeFileSync(seed, m);
				if (--left === 0) console.log(digest(['a', 'b', 'c', 'd'].map((s) => fs.readFileSync(s)).join()));
			});
	}
	END
	node script.js
}

# A cluster from nothing, pgbench with four clients, and the books must balance.
job_postgres() {
	local bin
	bin=$(echo /usr/lib/postgresql/*/bin)
	install -d -o postgres -g postgres -m 700 data
	install -d -o postgres -g postgres socket
	su postgres -c "$bin/initdb -D $work/data -A peer >$work/socket/initdb.log" || return
	su postgres -c "$bin/pg_ctl -s -w -D $work/data -l $work/socket/log start \
		-o '-c listen_addresses= -c unix_socket_directories=$work/socket'" || return
	su postgres -c "$bin/pgbench -q -i -s 2 -h $work/socket postgres" 2>/dev/null >/dev/null || echo "init failed"
	su postgres -c "$bin/pgbench -n -c 4 -j 2 -t 250 -h $work/socket postgres" 2>&1 | grep -E 'actually processed|failed'
	su postgres -c "psql -h $work/socket -Atc 'select count(*), sum(delta) = (select sum(abalance) from pgbench_accounts),
		sum(delta) = (select sum(bbalance) from pgbench_branches) from pgbench_history' postgres"
	su postgres -c "$bin/pg_ctl -s -w -D $work/data -m fast stop"
	echo "stopped: $?"
	stat -c '%U:%G %a' data/PG_VERSION
}
