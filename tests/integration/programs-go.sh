#!/bin/bash
# Go with the host for its root runs as without pr: goroutines' small stacks, preemption, profiler, children.
# needs: go gcc
# timeout: 400
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

cat >prog.go <<'G'
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func told(v interface{}, err error) string {
	var e syscall.Errno
	if errors.As(err, &e) {
		return fmt.Sprint(int(e))
	}
	return strings.TrimSpace(fmt.Sprint(v))
}

// Each call's right answer, or the error's number.
func round(dir string) string {
	text, err := os.ReadFile(dir + "/link")
	all := []string{told(string(text), err)}
	st, err := os.Stat(dir + "/link")
	if err == nil {
		all = append(all, fmt.Sprint(st.Size(), st.Mode().IsRegular()))
	}
	st, err = os.Lstat(dir + "/link")
	if err == nil {
		all = append(all, fmt.Sprint(st.Mode()&os.ModeSymlink != 0))
	}
	all = append(all, told(os.Readlink(dir+"/link")))
	_, err = os.Stat(dir + "/missing")
	all = append(all, told("", err), told("", syscall.Access(dir+"/file/x", 0)))
	real, err := filepath.EvalSymlinks(dir + "/link")
	all = append(all, told(filepath.Base(real), err))
	wd, err := os.Getwd()
	return strings.Join(append(all, told(filepath.Base(wd) == "dir", err)), " ")
}

type seen struct {
	sync.Mutex
	all map[string]int
}

func (s *seen) add(text string) {
	s.Lock()
	s.all[text]++
	s.Unlock()
}

func (s *seen) String() string {
	var all []string
	for text := range s.all {
		all = append(all, text)
	}
	sort.Strings(all)
	return strings.Join(all, " | ")
}

// A new goroutine has 2 KiB of stack; a deep one grows, that is, moves, between two calls.
func deep(n int, dir string, s *seen) {
	var room [64]byte
	room[n%64] = 1
	if n > 0 {
		deep(n-1, dir, s)
	} else {
		s.add(round(dir))
	}
	runtime.KeepAlive(room)
}

// Turns without a call that the runtime has to interrupt by signals to stop the world.
func spin(stop *int32) (n uint64) {
	for atomic.LoadInt32(stop) == 0 {
		for i := 0; i < 1000000; i++ {
			n += n<<1 ^ uint64(i)
		}
	}
	return
}

func goroutines(name string, count, times int, body func(i int)) {
	var wg sync.WaitGroup
	var stop int32
	for i := 0; i < 2; i++ {
		go spin(&stop)
	}
	for g := 0; g < count; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < times; i++ {
				body(i)
			}
		}()
	}
	done := make(chan bool)
	go func() { wg.Wait(); close(done) }()
	for n := 0; ; n++ {
		select {
		case <-done:
			atomic.StoreInt32(&stop, 1)
			fmt.Println(name, "done")
			return
		case <-time.After(2 * time.Millisecond):
			runtime.GC()
		}
	}
}

func rain() (stop func()) {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	quit := make(chan bool)
	go func() {
		for {
			select {
			case <-quit:
				return
			case <-time.After(100 * time.Microsecond):
				syscall.Kill(os.Getpid(), syscall.SIGUSR1)
			}
		}
	}()
	return func() { close(quit); signal.Stop(got) }
}

func descriptors() int {
	all, _ := os.ReadDir("/proc/self/fd")
	return len(all)
}

func main() {
	if len(os.Args) > 1 {
		fmt.Println(os.Args[1], round("."))
		os.Exit(7)
	}
	runtime.GOMAXPROCS(8)
	debug.SetGCPercent(10)
	os.Mkdir("dir", 0755)
	os.WriteFile("dir/file", []byte("text\n"), 0644)
	os.Symlink("file", "dir/link")
	abs, _ := filepath.Abs("dir")
	s := &seen{all: map[string]int{}}
	for i := 0; i < 500; i++ {
		s.add(round("dir"))
		s.add(round(abs))
	}
	before := descriptors()
	fmt.Println("calls:", s)
	goroutines("many", 64, 60, func(i int) { s.add(round("dir")) })
	goroutines("deep", 32, 30, func(i int) { deep(i*7%400, abs, s) })
	goroutines("short", 16, 60, func(i int) {
		c := make(chan bool)
		go func() { s.add(round("dir")); close(c) }()
		<-c
	})
	goroutines("threads", 16, 20, func(i int) {
		c := make(chan bool)
		go func() {
			runtime.LockOSThread() // and the thread ends with it
			s.add(round(abs))
			close(c)
		}()
		<-c
	})
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		fmt.Println(err)
	}
	stop := rain()
	goroutines("signals and profile", 32, 60, func(i int) { s.add(round("dir")) })
	stop()
	pprof.StopCPUProfile()
	fmt.Println("profile:", profile.Len() > 0)
	fmt.Println("all:", s)
	children := &seen{all: map[string]int{}}
	goroutines("children", 8, 6, func(i int) {
		cmd := exec.Command("/proc/self/exe", "child")
		cmd.Dir = "dir"
		out, err := cmd.Output()
		children.add(told(string(out), nil) + " " + fmt.Sprint(err))
	})
	fmt.Println(children)
	fifos()
	os.Rename("dir", "moved")
	os.Symlink("moved", "dir")
	fmt.Println("moved:", round("dir"))
	fmt.Println("descriptors:", descriptors() <= before+1)
}

// Goroutines asleep in an open hold a thread each, and others go on.
func fifos() {
	var wg sync.WaitGroup
	syscall.Mkfifo("fifo", 0644)
	for i := 0; i < 20; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f, err := os.OpenFile("fifo", os.O_RDONLY, 0)
			if err == nil {
				f.Close()
			} else {
				fmt.Println(err)
			}
		}()
	}
	time.Sleep(50 * time.Millisecond)
	done := make(chan bool)
	go func() { wg.Wait(); close(done) }()
	for {
		select {
		case <-done:
			fmt.Println("fifos done")
			return
		case <-time.After(time.Millisecond):
			f, err := os.OpenFile("fifo", os.O_WRONLY|syscall.O_NONBLOCK, 0)
			if err == nil {
				f.Close()
			}
		}
	}
}
G
export HOME=$PWD/home GOCACHE=$PWD/home/cache GOFLAGS=-p=2
mkdir home
sed 's,^import (,import "C"\n\nimport (,' prog.go >linked.go
CGO_ENABLED=0 go build -o static prog.go && CGO_ENABLED=1 go build -o dynamic linked.go || exit 99
for p in static dynamic; do
	same_program $p 110 ./$p
	mv native.out "native.$p"
	rm -rf native.dir pr.dir
done
grep -q 'descriptors: true' native.static || fail "$(cat native.static)"
exit 0
