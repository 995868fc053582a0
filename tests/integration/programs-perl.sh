#!/bin/bash
# perl: files, globs, File::Find, pipes, sockets, fork, select, sorting a directory tree.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

cat >script.pl <<'P'
use strict; use warnings; use Cwd qw(getcwd abs_path); use IO::Socket::UNIX;
mkdir "d"; chdir "d" or die; print getcwd, " ", abs_path(".."), " ", abs_path("/proc/self/exe"), "\n";
for my $i (1 .. 50) { open my $f, ">", "f$i" or die; print $f "line $i\n"; close $f }
symlink "f1", "l"; link "f2", "h"; rename "f3", "g3"; unlink "f4"; chmod 0600, "f5";
print join(" ", sort glob("*")), "\n", readlink("l"), " ", (stat "h")[3], " ", -s "f10", "\n";
printf "%o\n", (stat "f5")[2]; print -e "f4" ? "there" : "gone", "\n";
my $pid = open(my $p, "-|"); if (!$pid) { print "from child ", getcwd, "\n"; exit 3 }
print <$p>; close $p; print $? >> 8, "\n"; print `echo backtick; pwd`; system("exit 5"); print $? >> 8, "\n";
my $s = IO::Socket::UNIX->new(Local => "/mnt/d/sock", Listen => 1) or die "socket $!";
if (!fork) { my $c = IO::Socket::UNIX->new(Peer => "/mnt/d/sock") or die; print $c "hello\n"; exit }
my $c = $s->accept; print <$c>; wait; print $s->hostpath, "\n";
$SIG{ALRM} = sub { die "alarm\n" }; eval { alarm 1; select undef, undef, undef, 5; }; print $@ || "none\n";
my $n = 0; require File::Find; File::Find::find(sub { $n++ }, "/usr/lib/x86_64-linux-gnu/perl-base"); print $n > 50 ? "many\n" : "few\n";
print sort map { "$_\n" } grep { /^\/mnt|^\/proc$|^\/dev$/ } map { (split)[1] } do { open my $m, "<", "/proc/mounts"; <$m> } if 0;
chdir ".."; system("rm -rf d");
P
same perl script.pl
exit 0
