package main

import (
	"encoding/json"
	"net/http"
	"strconv"
)

func newHandler(p *player) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/pods", p.servePods)
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"major": "1", "minor": "36", "gitVersion": "v1.36.3"})
	})
	return mux
}

// servePods answers a watch, with or without the initial objects; the recording has no list.
func (p *player) servePods(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if watch := query.Get("watch"); watch != "1" && watch != "true" {
		writeStatus(w, http.StatusMethodNotAllowed, "this server replays a watch and has no list")
		return
	}
	number := 0
	sendsInitial := query.Get("sendInitialEvents") == "true"
	if !sendsInitial {
		version, err := strconv.ParseInt(query.Get("resourceVersion"), 10, 64)
		number = int(version - p.recording.firstVersion)
		if err != nil || number < 0 || number > p.events {
			writeStatus(w, http.StatusGone, "the recording does not reach back to that resourceVersion")
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if sendsInitial {
		if _, err := w.Write(p.recording.bytes[:p.recording.initialEnd]); err != nil {
			return
		}
	}
	if http.NewResponseController(w).Flush() == nil && p.play(r.Context(), w, number) == nil {
		<-r.Context().Done()
	}
}

func writeStatus(w http.ResponseWriter, code int, message string) {
	writeJSON(w, code, map[string]any{
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message,
	})
}

func writeJSON(w http.ResponseWriter, code int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(value)
}
