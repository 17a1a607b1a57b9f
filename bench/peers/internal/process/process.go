// Package process reads what the kernel knows about this process.
package process

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Memory is the resident memory now and at its highest, in bytes.
type Memory struct {
	RSSBytes  int64 `json:"rssBytes"`
	PeakBytes int64 `json:"peakBytes"`
}

// ReadMemory reads VmRSS and VmHWM; on a system without /proc both are 0.
func ReadMemory() Memory {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return Memory{}
	}
	defer file.Close()
	memory := Memory{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		kibibytes, _ := strconv.ParseInt(fields[1], 10, 64)
		switch fields[0] {
		case "VmRSS:":
			memory.RSSBytes = kibibytes * 1024
		case "VmHWM:":
			memory.PeakBytes = kibibytes * 1024
		}
	}
	return memory
}

// CPUMillis is the user and system time that this process has used, in milliseconds.
func CPUMillis() float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return TimevalMillis(usage.Utime) + TimevalMillis(usage.Stime)
}

// TimevalMillis converts the kernel's form to milliseconds.
func TimevalMillis(value syscall.Timeval) float64 {
	return float64(value.Sec)*1000 + float64(value.Usec)/1000
}

// PrintJSON writes one line of JSON to standard output.
func PrintJSON(value any) {
	_ = json.NewEncoder(os.Stdout).Encode(value)
}
