package main

import (
	"context"
	"net/http"
	"slices"
	"time"

	"dogwatch.dev/bench/peers/internal/process"
)

// player sends the events of a recording at a fixed rate, each when it is due and not before. A client that falls behind
// blocks it: what it then sends late was due all the same, and counts as late.
type player struct {
	recording *recording
	events    int
	interval  time.Duration

	started chan struct{}
	startAt time.Time
	// sentLate[i] is how long after its due time event i was handed to the connection.
	sentLate []time.Duration
}

func newPlayer(r *recording, events int, rate float64) *player {
	return &player{
		recording: r,
		events:    events,
		interval:  time.Duration(float64(time.Second) / rate),
		started:   make(chan struct{}),
		sentLate:  make([]time.Duration, events),
	}
}

// start lets the events flow; once only.
func (p *player) start() {
	p.startAt = time.Now().Add(200 * time.Millisecond)
	close(p.started)
	process.PrintJSON(map[string]any{"phase": "started", "startNs": p.startAt.UnixNano(),
		"intervalNs": int64(p.interval), "firstVersion": p.recording.firstVersion})
}

func (p *player) due(number int) time.Time {
	return p.startAt.Add(time.Duration(number) * p.interval)
}

// play sends the events from number on, as an API server does: it flushes when no further event is ready.
func (p *player) play(ctx context.Context, response http.ResponseWriter, number int) error {
	select {
	case <-p.started:
	case <-ctx.Done():
		return ctx.Err()
	}
	controller := http.NewResponseController(response)
	buffer := make([]byte, 0, 1<<20)
	for ; number < p.events; number++ {
		if wait := time.Until(p.due(number)); wait > 0 {
			if err := controller.Flush(); err != nil {
				return err
			}
			if err := sleep(ctx, wait); err != nil {
				return err
			}
		}
		p.sentLate[number] = time.Since(p.due(number))
		buffer = p.recording.appendEvent(buffer[:0], number)
		if _, err := response.Write(buffer); err != nil {
			return err
		}
	}
	p.reportSent()
	return controller.Flush()
}

// reportSent tells how well the pace was kept: a late server would make every client late.
func (p *player) reportSent() {
	late := slices.Sorted(slices.Values(p.sentLate))
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	process.PrintJSON(map[string]any{"phase": "sent", "events": len(late),
		"lateP99Ms": milliseconds(late[len(late)*99/100]), "lateMaxMs": milliseconds(late[len(late)-1])})
}

func sleep(ctx context.Context, wait time.Duration) error {
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
