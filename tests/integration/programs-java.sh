#!/bin/bash
# Java with the host for its root runs as without pr: threads, signals of its own making, files, children.
# needs: java
# timeout: 250
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

cat >Prog.java <<'J'
import java.io.*;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;

public class Prog {
	static String told(Callable<Object> c) {
		try {
			return String.valueOf(c.call());
		} catch (Exception e) {
			return e.getClass().getSimpleName();
		}
	}

	static String round(Path dir) {
		return told(() -> Files.readString(dir.resolve("file")).trim()) + " "
			+ told(() -> Files.size(dir.resolve("link"))) + " "
			+ told(() -> Files.readSymbolicLink(dir.resolve("link"))) + " "
			+ told(() -> Files.size(dir.resolve("missing"))) + " "
			+ told(() -> Files.isReadable(dir.resolve("file"))) + " "
			+ told(() -> new File(dir.toFile(), "file/x").exists()) + " "
			+ told(() -> dir.resolve("link").toRealPath().getFileName());
	}

	static int depth(int n) { return 1 + depth(n + 1); }

	// Null pointers and full stacks are signals that the machine makes itself and handles.
	static String faults(int n) {
		int nulls = 0, overflows = 0;
		String[] none = new String[1];
		for (int i = 0; i < n; i++) {
			try {
				nulls -= none[0].length();
			} catch (NullPointerException e) {
				nulls++;
			}
			if (i % 1000 == 0) {
				try {
					depth(0);
				} catch (StackOverflowError e) {
					overflows++;
				}
			}
		}
		return nulls + " " + overflows;
	}

	public static void main(String[] args) throws Exception {
		Path dir = Files.createDirectory(Path.of("dir"));
		Files.writeString(dir.resolve("file"), "text\n");
		Files.createSymbolicLink(dir.resolve("link"), Path.of("file"));
		Set<String> seen = new TreeSet<>();
		for (int i = 0; i < 2000; i++)
			seen.add(round(i % 2 == 0 ? dir : dir.toAbsolutePath()));
		System.out.println("calls: " + seen);
		System.out.println("faults: " + faults(20000));
		ExecutorService pool = Executors.newFixedThreadPool(16);
		List<Future<String>> all = new ArrayList<>();
		for (int i = 0; i < 400; i++) {
			int n = i;
			all.add(pool.submit(() -> {
				byte[] garbage = new byte[100000];
				return round(dir) + (garbage[n] == 0 ? "" : "!");
			}));
		}
		Set<String> inThreads = new TreeSet<>();
		for (Future<String> f : all)
			inThreads.add(f.get());
		pool.shutdown();
		System.gc();
		System.out.println("threads: " + inThreads.equals(seen));
		for (int i = 0; i < 5; i++) {
			Process p = new ProcessBuilder("/bin/sh", "-c", "cat link; exit 7").directory(dir.toFile()).start();
			String out = new String(p.getInputStream().readAllBytes()).trim();
			System.out.println("child: " + out + " " + p.waitFor());
		}
		Files.move(dir, Path.of("moved"));
		Files.createSymbolicLink(dir, Path.of("moved"));
		System.out.println("moved: " + round(dir));
	}
}
J
same_program Prog.java 110 java Prog.java
