package main

import (
	"context"
	"encoding/binary"
	"os"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/cache"

	"dogwatch.dev/bench/peers/internal/process"
)

// arrivals notes when the handler was given each event. The replay numbers its events one by one in their
// resourceVersion, so that the number says which event it was.
type arrivals struct {
	wanted   int
	mutex    sync.Mutex
	versions []int64
	times    []int64
	firstCPU float64
	lastCPU  float64
	done     chan struct{}
}

type arrivalsReport struct {
	Phase     string  `json:"phase"`
	Events    int     `json:"events"`
	CPUMillis float64 `json:"cpuMs"`
	process.Memory
}

func newArrivals(wanted int) *arrivals {
	return &arrivals{
		wanted:   wanted,
		versions: make([]int64, 0, wanted),
		times:    make([]int64, 0, wanted),
		done:     make(chan struct{}),
	}
}

func (a *arrivals) OnAdd(object any, isInInitialList bool) {
	if !isInInitialList {
		a.note(object)
	}
}

func (a *arrivals) OnUpdate(_, object any) { a.note(object) }

func (a *arrivals) OnDelete(object any) {
	if final, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = final.Obj
	}
	a.note(object)
}

func (a *arrivals) note(object any) {
	now := time.Now().UnixNano()
	a.mutex.Lock()
	defer a.mutex.Unlock()
	accessor, err := meta.Accessor(object)
	if err != nil || len(a.times) == a.wanted {
		return
	}
	version, _ := strconv.ParseInt(accessor.GetResourceVersion(), 10, 64)
	if len(a.times) == 0 {
		a.firstCPU = process.CPUMillis()
	}
	a.versions = append(a.versions, version)
	a.times = append(a.times, now)
	if len(a.times) == a.wanted {
		a.lastCPU = process.CPUMillis()
		close(a.done)
	}
}

// finish waits for the last event. A program that is asked to end before that reports what it has.
func (a *arrivals) finish(ctx context.Context, timesFile string) error {
	select {
	case <-a.done:
	case <-ctx.Done():
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if len(a.times) < a.wanted {
		a.lastCPU = process.CPUMillis()
	}
	if err := a.write(timesFile); err != nil {
		return err
	}
	process.PrintJSON(arrivalsReport{
		Phase:     "replayed",
		Events:    len(a.times),
		CPUMillis: a.lastCPU - a.firstCPU,
		Memory:    process.ReadMemory(),
	})
	return nil
}

// write stores pairs of little-endian 64-bit integers: resourceVersion, nanoseconds since the epoch.
func (a *arrivals) write(path string) error {
	if path == "" {
		return nil
	}
	bytes := make([]byte, 0, 16*len(a.times))
	for i, at := range a.times {
		bytes = binary.LittleEndian.AppendUint64(bytes, uint64(a.versions[i]))
		bytes = binary.LittleEndian.AppendUint64(bytes, uint64(at))
	}
	return os.WriteFile(path, bytes, 0o644)
}
