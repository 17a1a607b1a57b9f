// Measure runs a command and writes what it cost, as one line of JSON, to file descriptor 3.
//
// It is a small program on purpose: between fork and exec a child counts its parent's memory as its own peak, so a
// measuring Node would put its own size under every figure.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"dogwatch.dev/bench/peers/internal/process"
)

type cost struct {
	WallMillis   float64 `json:"wallMs"`
	UserMillis   float64 `json:"userMs"`
	SystemMillis float64 `json:"systemMs"`
	PeakBytes    int64   `json:"peakBytes"`
	ExitCode     int     `json:"exitCode"`
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: measure COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	result, err := run(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(2)
	}
	if err := json.NewEncoder(os.NewFile(3, "report")).Encode(result); err != nil {
		fmt.Fprintln(os.Stderr, "measure: file descriptor 3:", err)
		os.Exit(2)
	}
}

func run(name string, arguments []string) (cost, error) {
	command := exec.Command(name, arguments...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	start := time.Now()
	if err := command.Start(); err != nil {
		return cost{}, err
	}
	passSignals(command.Process)
	err := command.Wait()
	wall := time.Since(start)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return cost{}, err
	}
	usage := command.ProcessState.SysUsage().(*syscall.Rusage)
	return cost{
		WallMillis:   float64(wall.Microseconds()) / 1000,
		UserMillis:   process.TimevalMillis(usage.Utime),
		SystemMillis: process.TimevalMillis(usage.Stime),
		PeakBytes:    usage.Maxrss * 1024,
		ExitCode:     command.ProcessState.ExitCode(),
	}, nil
}

func passSignals(child *os.Process) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		for received := range signals {
			_ = child.Signal(received)
		}
	}()
}
